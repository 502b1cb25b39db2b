"""The month as it was last looked at. However many pages are open, AWS is asked once at a time."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from ops.aws import asking
from ops.errors import RefusedError, UnreadableError
from ops.month.view import MonthView
from ops.session import Session
from shared.errors import OnlyonceError
from shared.periods import Period

EVERY_S = 4.0
SHARE = 0.2
"""Looking takes at most this share of the time: a look at a month of millions takes longer, and costs more."""

Look = Callable[[Session, Period], MonthView]


@dataclass(frozen=True)
class Seen:
    """`view` is as of the last look that was answered."""

    view: MonthView | None
    why_not: str = ""
    """Why the last look was not answered; "" where it was."""
    next_in_s: float = EVERY_S


@dataclass
class _Month:
    lock: threading.Lock
    seen: Seen | None = None
    until: float = 0.0
    """When it is looked at again."""


class Watch:
    def __init__(self, session: Session, look: Look, clock: Callable[[], float] = time.monotonic) -> None:
        self._session, self._look, self._clock = session, look, clock
        self._months: dict[str, _Month] = {}

    def month(self, period: Period) -> Seen:
        """At most `next_in_s` old."""
        month = self._months.setdefault(str(period), _Month(threading.Lock()))
        with month.lock:
            if month.seen is None or self._clock() >= month.until:
                month.seen = self._looked(period, month.seen)
                month.until = self._clock() + month.seen.next_in_s / 2
            return month.seen

    def forget(self) -> None:
        """What was seen is old: somebody has decided something."""
        for month in list(self._months.values()):
            month.until = 0.0

    def _looked(self, period: Period, before: Seen | None) -> Seen:
        began = self._clock()
        try:
            with asking():
                return self._seen(self._look(self._session, period), "", began)
        except (RefusedError, UnreadableError, OnlyonceError, OSError) as error:
            return self._seen(before.view if before else None, str(error), began)

    def _seen(self, view: MonthView | None, why_not: str, began: float) -> Seen:
        rest_s = view.rest.total_seconds() if view else 0.0
        return Seen(view, why_not, max(EVERY_S, rest_s, (self._clock() - began) / SHARE))
