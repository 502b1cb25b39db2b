"""What an account of AWS allows at a time and a second. What is beyond is refused, as AWS documents it."""

from dataclasses import dataclass, field
from datetime import datetime

THROTTLED = "Lambda.TooManyRequestsException"
"""How an invocation ends that Lambda did not begin."""
INSERTS = ".BatchExecuteStatement"


@dataclass
class Bucket:
    """A token bucket: `size` at once, and so many more each second."""

    size: float
    a_second: float
    _left: float = field(default=0.0, init=False)
    _filled_at: datetime | None = field(default=None, init=False)

    def take(self, now: datetime, tokens: float = 1.0) -> bool:
        """Takes them, if they are there."""
        self._fill(now)
        if self._left < tokens:
            return False
        self._left -= tokens
        return True

    def queue(self, now: datetime) -> float:
        """Takes one in any case: seconds until it is there."""
        self._fill(now)
        self._left -= 1
        return max(0.0, -self._left / self.a_second)

    def _fill(self, now: datetime) -> None:
        if self._filled_at is None:
            self._left = self.size
        else:
            self._left = min(self.size, self._left + (now - self._filled_at).total_seconds() * self.a_second)
        self._filled_at = now


@dataclass
class Quotas:
    """Of one account; by itself without limits."""

    functions: int | None = None
    """Invocations at a time, of all functions together."""
    calls: dict[str, Bucket] = field(default_factory=dict)
    """By the beginning of a call's name on the wire. An insert of 25 messages takes 25 tokens."""
    transitions: Bucket | None = None
    """Of the state machine: an execution waits for its turn."""
    open_executions: int | None = None
    refused: int = 0
    """Calls, invocations and transitions that were beyond."""

    def allows(self, operation: str, now: datetime) -> bool:
        """Whether the call is carried out."""
        bucket = next((one for name, one in self.calls.items() if operation.startswith(name)), None)
        allowed = bucket is None or bucket.take(now, 25.0 if operation.endswith(INSERTS) else 1.0)
        self.refused += not allowed
        return allowed

    def begins(self, running: int) -> bool:
        """Whether Lambda begins one more invocation."""
        begins = self.functions is None or running < self.functions
        self.refused += not begins
        return begins

    def opens(self, running: int) -> bool:
        """Whether Step Functions opens one more execution."""
        opens = self.open_executions is None or running < self.open_executions
        self.refused += not opens
        return opens

    def turn(self, now: datetime) -> float:
        """Seconds that the next transition waits."""
        seconds = self.transitions.queue(now) if self.transitions else 0.0
        self.refused += seconds > 0
        return seconds
