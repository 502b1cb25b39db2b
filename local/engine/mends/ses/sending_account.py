"""What one account may send in one region, and what it has sent.

AWS's rules (source: SES developer guide, "Service quotas", "Managing your sending limits", "Using the mailbox
simulator"): quotas count recipients, per account and region; the day is a rolling 24 hours; short bursts
above the rate pass and sustained ones do not, hence a token bucket that holds one second's worth; mail to the
mailbox simulator is held to the rate but not to the day; the sandbox allows 200 a day and 1 a second. Stock
MiniStack has no limit at all, whatever it reports.
"""

import os
import time
from array import array
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from ministack.core.responses import AccountRegionScopedDict
from ministack.services import ses
from token_bucket import Limiter, MemoryStorage

from local.engine.mends.ses.refusals import Reason, RefusedError

DAY_S = 24 * 60 * 60
UNLIMITED = -1
SANDBOX_RATE = 1.0
SANDBOX_DAILY = 200
ENFORCEMENT_STATUSES = ("HEALTHY", "PROBATION", "SHUTDOWN")
_BUCKET = "sends"
_SUPPORT = "For more information, please check the inbox of the email address associated with your AWS account"

_accounts = AccountRegionScopedDict()


def current() -> "SendingAccount":
    """The account and region of the request being served."""
    account: SendingAccount = _accounts.setdefault("account", untouched())
    return account


def untouched() -> "SendingAccount":
    """An account as each one starts, with the limits of the environment."""
    return SendingAccount(float(os.environ.get("SES_RATE", "1000")), int(os.environ.get("SES_DAILY", "1000000")))


def forget_current() -> None:
    """The account of the request starts afresh."""
    _accounts.pop("account", None)


def forget_all() -> None:
    """Every account starts afresh, with the limits of the environment."""
    _accounts.clear()


class SendingAccount:
    """Limits and figures: `rate` in recipients a second, `daily` in recipients in 24 hours (-1: no limit), `others` the share
    of the rate that somebody else uses, evenly, all the time: what they take does not come back into the bucket.
    """

    def __init__(self, rate: float, daily: int) -> None:
        self.rate = rate
        self.daily = daily
        self.others = 0.0
        self.answer_after_s = 0.0
        self.sending_enabled = True
        self.enforcement = "HEALTHY"
        self.suppressed_reasons = ["BOUNCE", "COMPLAINT"]
        self.events_enabled = True
        self.event_delay_s = 0.0
        self.events_held = False
        self.outcomes: list[dict[str, str]] = []
        self.accepted_at = array("d")
        self.refused_at: defaultdict[Reason, array[float]] = defaultdict(lambda: array("d"))
        # [second, recipients], oldest first: a day is at most 86,400 pairs.
        self._day: deque[list[int]] = deque()
        self._in_day = 0
        self._tokens = MemoryStorage()
        self._lock = Lock()

    @property
    def max_send_rate(self) -> float:
        """Recipients a second, in force."""
        return self.rate if ses._production_access_enabled() else min(self.rate, SANDBOX_RATE)

    @property
    def max_24_hour_send(self) -> int:
        """Recipients in 24 hours, in force; -1 for no limit."""
        if ses._production_access_enabled():
            return self.daily
        return SANDBOX_DAILY if self.daily == UNLIMITED else min(self.daily, SANDBOX_DAILY)

    def check_may_send(self) -> None:
        """Raise RefusedError if the account is paused by its owner, or shut down by AWS."""
        if self.enforcement == "SHUTDOWN":
            raise RefusedError(Reason.SUSPENDED, f"Sending suspended for this account. {_SUPPORT}.")
        if not self.sending_enabled:
            raise RefusedError(Reason.PAUSED, f"Sending paused for this account. {_SUPPORT}.")

    def admit(self, recipients: int, simulated: int) -> None:
        """Count a message for its recipients, `simulated` of them the simulator's; or raise RefusedError.

        More recipients than one second's worth take the whole bucket: AWS does not say what it does there.
        """
        now, rate, daily = time.time(), self.max_send_rate, self.max_24_hour_send
        burst = max(1, int(rate))
        counted = recipients - simulated
        with self._lock:
            if daily != UNLIMITED and counted and self._sent(now) + counted > daily:
                raise RefusedError(Reason.DAILY_QUOTA, "Daily message quota exceeded.")
            if not Limiter(rate * (1 - self.others), burst, self._tokens).consume(_BUCKET, min(recipients, burst)):
                raise RefusedError(Reason.THROTTLED, "Maximum sending rate exceeded.")
            self.accepted_at.append(now)
            self._in_day += counted
            if self._day and self._day[-1][0] == int(now):
                self._day[-1][1] += counted
            else:
                self._day.append([int(now), counted])

    @contextmanager
    def counting_refusals(self) -> Iterator[None]:
        """The time of every RefusedError that passes through is kept by its reason."""
        try:
            yield
        except RefusedError as refusal:
            with self._lock:
                self.refused_at[refusal.reason].append(time.time())
            raise

    def sent_last_24_hours(self) -> int:
        """Recipients accepted in the rolling day, to the second."""
        with self._lock:
            return self._sent(time.time())

    def most_in_any_second(self) -> int:
        """The largest number of messages accepted within any rolling second."""
        with self._lock:
            times = sorted(self.accepted_at)
        most = start = 0
        for end, at in enumerate(times):
            while at - times[start] >= 1:
                start += 1
            most = max(most, end - start + 1)
        return most

    def _sent(self, now: float) -> int:
        while self._day and self._day[0][0] <= now - DAY_S:
            self._in_day -= self._day.popleft()[1]
        return self._in_day
