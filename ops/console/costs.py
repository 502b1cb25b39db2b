"""What a month has cost so far. To tell it costs something, too: it is asked rarely."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ops.bill.bill import Bill, so_far
from ops.console.watch import Watch
from ops.errors import RefusedError
from ops.session import Session
from shared.periods import Period

FRESH_S = 900.0


@dataclass
class Costs:
    session: Session
    watch: Watch
    clock: Callable[[], float] = time.monotonic
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _known: dict[Period, tuple[float, Bill]] = field(default_factory=dict)

    def of(self, period: Period) -> Bill:
        """At most a quarter of an hour old. Raises RefusedError, UnreadableError."""
        with self._lock:
            known = self._known.get(period)
            if known is None or self.clock() - known[0] > FRESH_S:
                view = self.watch.month(period).view
                if view is None:
                    raise RefusedError("nothing is known of this month yet")
                known = self._known[period] = (self.clock(), so_far(self.session, view))
            return known[1]
