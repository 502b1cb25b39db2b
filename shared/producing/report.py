"""What the producer answers: to an operator, to a log."""

from dataclasses import asdict, dataclass
from typing import Any

from shared.producing.checks import Findings
from shared.producing.run import Run


@dataclass(frozen=True)
class Report:
    """What became of a period so far."""

    period: str
    state: str
    """The run's, or TAKEN_OVER: another invocation goes on with it, and knows more."""
    produced: int
    fresh: int
    rejected: int
    unsubscribed: int
    differing: int
    stopped_for: Findings
    rejected_rows: str
    """Where they are listed; "" if there are none."""

    @classmethod
    def of(cls, run: Run, rejected_rows: str) -> "Report":
        written = run.written
        return cls(
            period=str(run.period),
            state=run.state,
            produced=written.produced,
            fresh=written.fresh,
            rejected=run.rejected,
            unsubscribed=run.unsubscribed,
            differing=written.differing,
            stopped_for=dict(run.stopped_for),
            rejected_rows=rejected_rows if run.rejected else "",
        )

    def to_json(self) -> dict[str, Any]:
        return asdict(self)
