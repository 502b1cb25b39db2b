"""Where the messages of a month are, while they move: a bar on a terminal, a line now and then elsewhere."""

import time
from collections.abc import Mapping
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from shared.outbox.states import Status

_COLOURS = {
    Status.COMPLAINED: "bright_red",
    Status.BOUNCED: "red",
    Status.SUPPRESSED: "dark_orange",
    Status.DELIVERED: "green",
    Status.SENT: "bright_green",
    Status.SENDING: "bright_cyan",
    Status.CLAIMED: "blue",
    Status.PENDING: "yellow",
    Status.UNCERTAIN: "magenta",
    Status.FAILED: "bright_red",
    Status.CANCELLED: "bright_black",
}
_TO_COME = "grey35"
_BAR = "━"
_WIDTH = 72
_LINE_EVERY_S = 3.0


class Progress:
    """A context in which `show` tells where the messages are. `total`: how many there will be."""

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._total = total
        self._started_at = time.monotonic()
        self._line_at = 0.0
        self._live = Live(console=console, refresh_per_second=8) if console.is_terminal else None

    def __enter__(self) -> "Progress":
        if self._live:
            self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.__exit__(kind, error, trace)

    def show(self, statuses: Mapping[str, int], *, final: bool = False) -> None:
        """Show how many messages are in each status now."""
        if self._live:
            self._live.update(self._picture(statuses), refresh=final)
        elif final or time.monotonic() - self._line_at >= _LINE_EVERY_S:
            self._line_at = time.monotonic()
            self._console.print(self._legend(statuses), soft_wrap=True)

    def _picture(self, statuses: Mapping[str, int]) -> RenderableType:
        return Group(self._bar(statuses), self._legend(statuses))

    def _bar(self, statuses: Mapping[str, int]) -> Text:
        bar, drawn, counted = Text("  "), 0, 0
        total = max(self._total, sum(statuses.values()), 1)
        for status, colour in _COLOURS.items():
            counted += statuses.get(status, 0)
            end = round(_WIDTH * counted / total)
            bar.append(_BAR * (end - drawn), colour)
            drawn = end
        return bar.append(_BAR * (_WIDTH - drawn), _TO_COME)

    def _legend(self, statuses: Mapping[str, int]) -> Text:
        legend = Text(f"  {time.monotonic() - self._started_at:5.1f} s ")
        for status in reversed(_COLOURS):
            if statuses.get(status):
                legend.append(f"  {status} {statuses[status]:,}", _COLOURS[status])
        to_come = self._total - sum(statuses.values())
        return legend.append(f"  to come {to_come:,}", _TO_COME) if to_come > 0 else legend
