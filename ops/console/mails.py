"""The mails that were looked at last: the page, and the frame in it, are of one look."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ops.mail.of_message import Shown, mail_of
from ops.session import Session
from shared.keys import Key

FRESH_S = 60.0
"""What a mail says never changes (I5); that it was forgotten may be news."""


@dataclass
class Mails:
    session: Session
    clock: Callable[[], float] = time.monotonic
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _last: dict[Key, tuple[float, Shown]] = field(default_factory=dict)

    def of(self, key: Key) -> Shown:
        """SES is asked for it once; a month's result is read once, which may take a while."""
        with self._lock:
            now = self.clock()
            self._last = {one: seen for one, seen in self._last.items() if now - seen[0] < FRESH_S}
            if key not in self._last:
                self._last[key] = (now, mail_of(self.session, key))
            return self._last[key][1]
