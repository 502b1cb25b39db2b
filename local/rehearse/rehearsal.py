"""A month on a deployed stack, to be disturbed."""

import shlex
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from itertools import chain

from local.faults import orders
from local.faults.parser import parser
from local.month.month import Month, MonthError, ProducerError, StoppedError
from local.month.outbox_view import Statuses
from local.rehearse.people import PEOPLE, events
from local.stack import engine_pages
from local.stack.deployment import Deployment
from local.stack.detached_engine import Say
from local.stack.parameters import FASTER
from local.usage import bucket
from shared.outbox.states import WAITING, Status
from shared.periods import Period

PARAMS: dict[str, int | str] = {**FASTER, "maxChange": "0.5", "sweepMinutes": 2}
"""Time passes faster than in an account, and a month that is far larger or smaller than the one before stops, as deployed
there.
"""
WITHIN_S = 180.0
QUIET_S = 3.0


class Rehearsal:
    """One period on the stack at `deployment`; `say` gets a line for whatever is done."""

    def __init__(self, deployment: Deployment, period: Period, say: Say) -> None:
        self.url = deployment.url
        self.period = period
        self.say = say
        self.month = Month(deployment, period, lambda _: None)
        self.deployment = deployment

    def order(self, typed: str) -> None:
        """Order a fault, as `python -m local faults` does."""
        given = parser().parse_args(shlex.split(typed))
        given.order(given, self.url)
        self.say(f"• ordered: {typed}")

    def calm(self) -> None:
        """End all faults."""
        orders.calm(self.url)

    def load(self, now: Collection[str] = PEOPLE, before: Collection[str] = PEOPLE) -> None:
        """Put what these people used into S3: in the period, and in the month before."""
        name = self.deployment.outputs()["UsageBucketName"]
        used = chain(events(self.period.previous, before), events(self.period, now))
        bucket.load(self.deployment.client("s3"), name, used)
        self.say(f"• usage of {len(now)} people in {self.period} is in S3, and of {len(before)} in the month before")

    def produce(self) -> None:
        """Run the producer to its end, or until it stops. Raises ProducerError."""
        try:
            report = self.month.produce()
            self.say(f"• the producer ended: {report['state']}, {report['produced']} messages")
        except StoppedError as stopped:
            self.say(f"• the producer ended: STOPPED, {stopped.produced} messages")

    def produce_in_vain(self) -> None:
        """Run the producer, which is killed on the way."""
        with suppress(ProducerError):
            report = self.month.produce()
            raise MonthError(f"the producer was to be killed, and came to its end: {report}")
        self.say(f"• the producer is dead: pid {engine_pages.killed_pids(self.url)[0]}")

    def produce_the_month_before(self) -> None:
        """As it was a month ago."""
        before = Month(self.deployment, self.period.previous, lambda _: None)
        report = before.produce()
        self.say(f"• {self.period.previous} was produced: {report['produced']} messages")

    def until(self, met: Callable[[Statuses], bool], what: str, within_s: float = WITHIN_S) -> Statuses:
        """Watch the messages until that is so, and say how they stand. Raises MonthError if it does not come."""
        deadline = time.monotonic() + within_s
        while not met(statuses := self.month.look()):
            if time.monotonic() > deadline:
                raise MonthError(f"still not {what} after {within_s:.0f} s: {in_words(statuses)}")
        self.say(f"• {what}: {in_words(statuses)}")
        return statuses

    def settle(self) -> None:
        """Watch until nothing waits any more, and SES has told nothing new for QUIET_S."""
        quiet_since, before = time.monotonic(), None

        def at_rest(statuses: Statuses) -> bool:
            nonlocal quiet_since, before
            if statuses != before or any(statuses[status] for status in WAITING):
                quiet_since, before = time.monotonic(), statuses
            return time.monotonic() - quiet_since >= QUIET_S

        self.until(at_rest, "nothing waits any more")


def in_words(statuses: Statuses) -> str:
    """How many messages are in each status."""
    return ", ".join(f"{statuses[status]} {status}" for status in Status if statuses[status]) or "no message"
