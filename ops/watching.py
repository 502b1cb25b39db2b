"""status: how a month stands, once or again and again."""

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from rich.console import Group, RenderableType
from rich.live import Live

from ops import runs
from ops.aws import asking
from ops.formatting import plain, when
from ops.month.look import latest_period, look
from ops.month.produced import check_produced
from ops.month.view import MonthView
from ops.session import Session
from ops.status import for_scripts, headline, render
from shared.errors import OnlyonceError
from shared.periods import Period
from shared.times import to_text

ON_SCREEN, IN_LINES = timedelta(seconds=5), timedelta(seconds=30)
"""From one look to the next: on a terminal, and where each is a line in a file."""


@dataclass(frozen=True)
class Said:
    """What of it, and how."""

    period: Period | None
    """None: the latest."""
    watch: bool
    as_json: bool


def status(session: Session, said: Said) -> int:
    """Raises UnavailableError for a month that was never produced."""
    period = said.period or latest_period(session)
    view = look(session, period)
    if said.period and view.run is None and not view.counts.total:
        check_produced(session, period)
    if said.watch:
        return _watch(session, period, as_json=said.as_json)
    if said.as_json:
        _line(session, view)
    else:
        session.console.print(_page(session, view))
        for line in runs.story(session, period):
            session.say(line)
    return 0


def _watch(session: Session, period: Period, *, as_json: bool) -> int:
    """Until it is interrupted."""
    with suppress(KeyboardInterrupt):
        if session.console.is_terminal and not as_json:
            with Live(console=session.console, auto_refresh=False) as live:
                for seen in _looks(session, period, ON_SCREEN):
                    live.update(seen if isinstance(seen, str) else _page(session, seen), refresh=True)
        for seen in _looks(session, period, IN_LINES):
            _say(session, seen, as_json=as_json)
    return 0


def _looks(session: Session, period: Period, every: timedelta) -> Iterator[MonthView | str]:
    """What is seen, or why nothing is: an hour's watch outlasts a minute without an answer. Raises UnavailableError."""
    while True:
        try:
            with asking():
                seen: MonthView | str = look(session, period)
        except OnlyonceError as error:
            seen = f"{when(session.clock())}: nothing can be read: {plain(error)}"
        yield seen
        rest = every if isinstance(seen, str) else max(every, seen.rest)
        time.sleep(rest.total_seconds())


def _say(session: Session, seen: MonthView | str, *, as_json: bool) -> None:
    if isinstance(seen, str):
        session.say(json.dumps({"at": to_text(session.clock()), "error": seen}) if as_json else seen)
    elif as_json:
        _line(session, seen)
    else:
        session.say(f"{when(seen.at)}  {headline(seen)}")


def _line(session: Session, view: MonthView) -> None:
    print(json.dumps(for_scripts(view)), file=session.console.file, flush=True)


def _page(session: Session, view: MonthView) -> RenderableType:
    others = runs.others(session, view.period)
    return Group(render(view), "other runs of the producer", others) if others else render(view)
