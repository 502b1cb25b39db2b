"""SES and Lambda, as far as the stack needs them: nothing is kept of what was asked."""

from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from simulation.fakes.ses import DAY, FakeSesClient, Mail
from simulation.fakes.wire import Wire


class CountingSes(FakeSesClient):
    """Refuses what is beyond the rate and the day, in which each mail counts for those that it stands for."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        wire: Wire,
        rate: float,
        daily: float,
        weight: float,
        heard: Callable[[Mail], None],
    ) -> None:
        super().__init__(clock, wire, rate=rate, daily=daily)
        self._weight, self._heard = weight, heard
        self._today: deque[datetime] = deque()
        self.accepted = 0
        self.first_at: datetime | None = None
        self.last_at: datetime | None = None

    def send_email(self, **request: Any) -> dict[str, str]:
        return self.wire.call("ses.SendEmail", lambda: self._send(request))

    def _send(self, request: dict[str, Any]) -> dict[str, str]:
        self._fill()
        error = self._without_template(request) or self._beyond_limits()
        if error is not None:
            raise error
        mail = self._accept(request)
        self.inbox.clear()
        self._today.append(mail.accepted_at)
        self.accepted += 1
        mail.message_id = f"0100019a2b3c4d5e-01234567-89ab-cdef-0123-{self.accepted:012}-000000"
        self.first_at, self.last_at = self.first_at or mail.accepted_at, mail.accepted_at
        self._heard(mail)
        return {"MessageId": mail.message_id}

    def _sent_last_24_hours(self) -> int:
        while self._today and self.clock() - self._today[0] >= DAY:
            self._today.popleft()
        return int(len(self._today) * self._weight)


class Starter:
    """Starts the producer once more."""

    def __init__(self, wire: Wire, start: Callable[[], None]) -> None:
        self._wire, self._start = wire, start

    def start(self, event: Mapping[str, Any]) -> None:  # noqa: ARG002
        self._wire.call("lambda.InvokeFunction", self._start)
