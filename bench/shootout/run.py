"""One contestant under one fault, from an empty embedded AWS to a verdict."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.contestants.common import SENDER, TEMPLATE, User
from bench.scale.declared import SEND_EVENT_S
from bench.shootout import people
from bench.shootout.contestant import Contestant, Ground
from bench.shootout.fault import Fault
from bench.shootout.processes import Process
from bench.shootout.witness import Verdict, verdict
from local.stack import engine_pages
from local.stack.embedded_aws import EmbeddedAws
from local.stack.isolation import isolated
from local.stack.metering import Meter
from ops.bill.metered import Metered
from ops.bill.units import ASK_S

DAILY = 50_000
SLOWNESS = {"answer_after_s": ASK_S, "event_delay_s": SEND_EVENT_S}
"""Of SES: what the bill and `make bench-scale` take it to need as well."""
AT_MOST_S, AT_MOST = 90.0, 5.0
"""So long, and so many times N/rate on top: then a run ends, whatever is left."""
LOOK_EVERY_S = 0.25
QUIET_S = 3.0
"""So long nothing is left to do, and SES is not asked, before a run is over."""
SENDERS_START_S = 3.0
"""What processes that send get to start in, before the producer does."""


@dataclass(frozen=True)
class Plan:
    """What a run is about."""

    contestant: Contestant
    fault: Fault
    users: int
    rate: float
    seed: int

    @property
    def ideal_s(self) -> float:
        """N/rate, of the rate that another sender leaves."""
        return self.users / (self.rate * (1 - self.fault.others))


@dataclass(frozen=True)
class Ran:
    """What a run has shown."""

    verdict: Verdict
    metered: Metered
    first_asked_s: float
    """Since the producer's start."""
    last_accepted_s: float
    calls: int
    """Of SES, accepted or refused."""
    refused: int
    producer_starts: int
    kills: int
    killed: int
    """Processes, by these."""
    lost_answers: int
    timed_out: bool


def run(plan: Plan, folder: Path, tell: Callable[[int], None]) -> Ran:
    """`tell` hears how many mails SES has accepted. `folder` gets the logs."""
    users = people.people(plan.users, plan.seed)
    with _ground(plan, users, folder) as ground:
        contestant = plan.contestant
        try:
            contestant.prepare(ground)
            return _Run(plan, ground, users, tell).carried_out()
        finally:
            contestant.close()


@contextmanager
def _ground(plan: Plan, users: Sequence[User], folder: Path) -> Iterator[Ground]:
    folder.mkdir(parents=True, exist_ok=True)
    users_file = folder / "users.jsonl"
    people.write(users_file, users)
    aws = EmbeddedAws(log=folder / "engine.log")
    try:
        ses = aws.client("sesv2")
        ses.create_email_identity(EmailIdentity=SENDER)
        text = "You used your devices for {{minutes}} minutes."
        ses.create_email_template(TemplateName=TEMPLATE, TemplateContent={"Subject": "Your month", "Text": text})
        engine_pages.set_ses(aws.url, rate=plan.rate, daily=DAILY, others=plan.fault.others, **SLOWNESS)
        kill_at = plan.fault.kill_at(plan.users)
        yield Ground(aws.url, plan.rate, DAILY, users_file, folder, plan.seed, kill_at)
    finally:
        aws.stop()


class _Run:
    def __init__(self, plan: Plan, ground: Ground, users: Sequence[User], tell: Callable[[int], None]) -> None:
        self._plan, self._ground, self._users, self._tell = plan, ground, users, tell
        self._contestant = plan.contestant
        self._environment = {**isolated({}, ground.endpoint), **_path(), **ground.environment()}
        self._kills = self._killed = 0
        self._moments = list(plan.fault.moments(plan.ideal_s, plan.seed))

    def carried_out(self) -> Ran:
        meter = Meter(self._ground.endpoint)
        meter.reset()
        senders = [self._process(command, "senders.log") for command in self._contestant.senders(self._ground)]
        time.sleep(SENDERS_START_S if senders else 0)
        if self._plan.fault.lost:
            engine_pages.begin_storm(
                self._ground.endpoint, seed=self._plan.seed, drop_ses_answers=self._plan.fault.lost
            )
        began_at = time.time()
        producer = self._process(self._contestant.producer(self._ground), "producer.log", until_done=True)
        try:
            ended = self._watch(producer, senders, began_at)
        finally:
            for process in (producer, *senders):
                process.kill()
        accepted, refused = engine_pages.ses_times(self._ground.endpoint)
        asked = sorted([*accepted, *refused])
        metered = meter.read()
        return Ran(
            verdict(engine_pages.mails(self._ground.endpoint), self._users, self._contestant.held(self._ground)),
            metered,
            first_asked_s=asked[0] - began_at if asked else 0.0,
            last_accepted_s=accepted[-1] - began_at if accepted else 0.0,
            calls=len(asked),
            refused=len(refused),
            producer_starts=producer.starts,
            kills=self._kills,
            killed=self._killed,
            lost_answers=engine_pages.struck(self._ground.endpoint)["dropped_answers"],
            timed_out=not ended,
        )

    def _process(self, command: Sequence[str], log: str, *, until_done: bool = False) -> Process:
        return Process(command, self._environment, self._ground.scratch / log, until_done=until_done)

    def _watch(self, producer: Process, senders: Sequence[Process], began_at: float) -> bool:
        """Until nothing is left to do; False if that took too long."""
        accepted, quiet_since = -1, time.time()
        while time.time() < began_at + AT_MOST_S + AT_MOST * self._plan.ideal_s:
            time.sleep(LOOK_EVERY_S)
            for process in (producer, *senders):
                process.keep_up()
            before, accepted = accepted, self._look(producer, senders)
            if accepted != before or not producer.done or not self._contestant.idle(self._ground):
                quiet_since = time.time()
            elif time.time() - quiet_since > QUIET_S:
                return True
        return False

    def _look(self, producer: Process, senders: Sequence[Process]) -> int:
        """How many mails were accepted; kills who is due."""
        accepted, refused = engine_pages.ses_times(self._ground.endpoint)
        self._tell(len(accepted))
        first = min([*accepted[:1], *refused[:1]], default=time.time())
        if self._moments and time.time() - first >= self._moments[0]:
            self._moments.pop(0)
            self._kills += 1
            self._killed += self._kill(producer, senders)
        return len(accepted)

    def _kill(self, producer: Process, senders: Sequence[Process]) -> int:
        """How many."""
        functions = self._contestant.sending_functions
        killed = len(engine_pages.kill_all(self._ground.endpoint, functions)) if functions else 0
        processes = senders or (() if functions else (producer,))
        for process in processes:
            process.kill()
        return killed + len(processes)


def _path() -> dict[str, str]:
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
