"""SES for several threads at once, each with connections of its own."""

import threading
import time
from collections.abc import Callable
from typing import Any

from shared.aws.ses import Ses
from shared.outbox.message import Message

IDLE_S = 5.0
"""A connection that was not used for longer is not used again: one that died meanwhile would lose an answer."""


class SesOfThreads(Ses):
    """As Ses. `make` gives one thread's; it need not be safe for threads itself."""

    def __init__(self, make: Callable[[], Ses], clock: Callable[[], float] = time.monotonic) -> None:
        self._make = make
        self._clock = clock
        self._making = threading.Lock()
        self._own = threading.local()

    def request(self, message: Message) -> dict[str, Any]:
        return self._of_thread().request(message)

    def send(self, request: dict[str, Any]) -> str:
        try:
            return self._of_thread().send(request)
        finally:
            self._own.used_at = self._clock()

    def forget_connections(self) -> None:
        """The thread's own, unless it asked a moment ago: a process of Airflow is not frozen in between, as Lambda's is."""
        if self._clock() - getattr(self._own, "used_at", 0.0) > IDLE_S:
            self._of_thread().forget_connections()

    def _of_thread(self) -> Ses:
        found: Ses | None = getattr(self._own, "ses", None)
        if found is None:
            with self._making:
                found = self._own.ses = self._make()
        return found
