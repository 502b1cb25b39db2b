"""What a month has cost so far, and what it will have cost. To tell it costs something, too: it is asked rarely."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ops.bill.bill import Bill, expected, sending_of, so_far
from ops.console.watch import Watch
from ops.doctor.deployed import Deployed
from ops.errors import RefusedError
from ops.month.view import MonthView
from ops.session import Session
from shared.periods import Period

FRESH_S = 900.0


@dataclass(frozen=True)
class Cost:
    so_far: Bill
    when_done: Bill
    """Once all of its messages are delivered, if nothing goes wrong."""


@dataclass
class Costs:
    session: Session
    watch: Watch
    clock: Callable[[], float] = time.monotonic
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _known: dict[Period, tuple[float, Cost]] = field(default_factory=dict)

    def of(self, period: Period) -> Cost:
        """At most a quarter of an hour old. Raises RefusedError, UnreadableError."""
        with self._lock:
            known = self._known.get(period)
            if known is None or self.clock() - known[0] > FRESH_S:
                view = self.watch.month(period).view
                if view is None:
                    raise RefusedError("nothing is known of this month yet")
                known = self._known[period] = (self.clock(), self._cost(view))
            return known[1]

    def _cost(self, view: MonthView) -> Cost:
        sending = sending_of(Deployed.of(self.session), view.campaign)
        return Cost(so_far(self.session, view), expected(view.counts.total, sending))
