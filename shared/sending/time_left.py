"""The time of one invocation: what is left of it, and what that is enough for."""

from collections.abc import Callable
from dataclasses import dataclass

from shared.errors import StoreUnavailableError

RECORD_AGAIN_S = 1.0
LAST_TRY_MS = 3_000
"""With less than this left, a write that speaks of an answer is not tried again."""


@dataclass(frozen=True)
class TimeLeft:
    remaining_ms: Callable[[], int]
    needed_ms: int
    """Below this no ask is begun: its answer could not be recorded."""
    sleep: Callable[[float], None]

    def for_an_ask(self, in_us: int = 0) -> bool:
        """Whether SES may still be asked, after a wait of so long."""
        return self.remaining_ms() - in_us // 1000 >= self.needed_ms

    def record(self, write: Callable[[], None]) -> None:
        """Tries for as long as there is time: a write that stays out leaves the message to the sweeper."""
        while True:
            try:
                return write()
            except StoreUnavailableError:
                if self.remaining_ms() < LAST_TRY_MS:
                    raise
                self.sleep(RECORD_AGAIN_S)
