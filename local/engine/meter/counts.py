"""What has been counted, whatever thread counts it."""

import threading
from collections import defaultdict
from contextvars import ContextVar

unmetered: ContextVar[bool] = ContextVar("unmetered", default=False)
"""Whether the request is of somebody who only watches."""


class Counts:
    """Amounts by what they are of: all 0 until they are counted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._amounts: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))

    def add(self, item: str, of: str = "", amount: float = 1) -> None:
        """Count, unless for a request that is not metered."""
        if not unmetered.get():
            with self._lock:
                self._amounts[item][of] += amount

    def of(self, item: str) -> dict[str, float]:
        with self._lock:
            return dict(self._amounts.get(item, {}))

    def sum(self, item: str) -> float:
        return sum(self.of(item).values())

    def reset(self) -> None:
        with self._lock:
            self._amounts.clear()


counts = Counts()
