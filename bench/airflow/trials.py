"""What is tried on Airflow: each trial makes trouble, and gives the runs that are to be followed to their end."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from bench.airflow.ground import Ground, Setup, ground
from bench.commit import measured_commit
from bench.errors import MeasurementError
from bench.shootout.row import months_kept
from local.screenshots import chromium, pictures
from local.stack.detached_engine import Say, shown
from local.stack.metering import Meter
from ops.bill.metered import bill_of, of_a_million
from shared.outbox.states import Status

SENT = (Status.SENT, Status.DELIVERED)
Trouble = Callable[[Ground], list[str]]


def undisturbed(on: Ground) -> list[str]:
    """Nothing happens."""
    return [_followed(on, on.begin())]


def producer_killed(on: Ground) -> list[str]:
    """The task `produce` is killed when 55 messages are in the outbox; Airflow tries it again."""
    run_id = on.begin()
    pid = on.month.task(run_id, "produce")["pid"]
    on.kill_when_produced(55, pid)
    on.told["killed"] = 1
    return [_followed(on, run_id)]


def worker_killed(on: Ground) -> list[str]:
    """The process of a chunk is killed when half of the mails are out."""
    run_id = on.begin()

    def kill() -> int:
        on.kill(on.month.task(run_id, "send")["pid"])
        return 1

    return [_followed(on, run_id, _once_half_is_out(on, kill))]


def all_killed(on: Ground, *, children: bool = True) -> list[str]:
    """Scheduler, workers and tasks are all killed when half of the mails are out; another scheduler is started."""
    run_id = on.begin()

    def kill() -> int:
        on.airflow.kill("scheduler", children=children)
        on.airflow.start("scheduler", "--skip-serve-logs")
        return 1

    return [_followed(on, run_id, _once_half_is_out(on, kill))]


def scheduler_killed(on: Ground) -> list[str]:
    """The scheduler alone is killed: its tasks live on, and the next scheduler starts them once more."""
    return all_killed(on, children=False)


def cleared(on: Ground) -> list[str]:
    """All tasks are cleared when half of the mails are out, and once more when the month is done."""
    run_id = on.begin()

    def clear() -> int:
        on.airflow.clear(run_id, ["query"])
        return 1

    _followed(on, run_id, _once_half_is_out(on, clear))
    clear()
    on.told["cleared"] = 2
    return [_followed(on, run_id)]


def two_runs(on: Ground) -> list[str]:
    """Another run of the same month is started beside the scheduled one."""
    run_ids = [on.begin(), on.airflow.trigger({"period": str(on.choice.period)})]
    on.month.follow(run_ids)
    return run_ids


def paused(on: Ground) -> list[str]:
    """The campaign is paused for half a minute when a quarter of the mails are out; the tasks wait in the triggerer."""
    run_id = on.begin()

    def pause() -> int:
        on.onlyonce("pause", "--reason", "a trial")
        on.month.task(run_id, "send", "deferred")
        time.sleep(30)
        states = Counter(one["state"] for one in on.airflow.task_instances(run_id) if one["task_id"] == "send")
        on.told |= {"deferred_meanwhile": states["deferred"], "running_meanwhile": states["running"]}
        on.onlyonce("resume")
        return 1

    return [_followed(on, run_id, _once_half_is_out(on, pause, 0.25))]


def shared_with_lambda(on: Ground) -> list[str]:
    """The functions claim and send the same messages at the same time."""
    return [_followed(on, on.begin())]


@dataclass(frozen=True)
class Trial:
    name: str
    setup: Setup
    trouble: Trouble
    pictured: bool = False
    """The run's page becomes docs/airflow.png."""
    keeps: bool = False
    """Airflow stays up when all is counted, until Ctrl-C."""

    @property
    def about(self) -> str:
        return (self.trouble.__doc__ or "").rstrip(".")

    def run(self, console: Console, say: Say) -> dict[str, Any]:
        """Its figures. Raises what `ground` raises, AirflowError, MonthError."""
        with ground(self.setup, console, say) as on:
            meter, started_at = Meter(on.deployment), time.monotonic()
            meter.reset()
            run_ids = self.trouble(on)
            seconds = time.monotonic() - started_at
            bill = bill_of(meter.read(), months_kept=months_kept())
            states = sorted({on.airflow.state(run_id) for run_id in run_ids})
            figures = {
                "trial": self.name,
                **on.month.figures(run_ids, seconds),
                "dollars_per_million": round(of_a_million(bill, self.setup.users).total, 2),
                "runs": ", ".join(states),
                **on.told,
                "versions": on.airflow.version,
                "commit": measured_commit(),
            }
            if self.pictured:
                _take_picture(on, run_ids[0])
            if self.keeps:
                _keep(on, run_ids[0])
            return figures


def _take_picture(on: Ground, run_id: str) -> None:
    path = chromium.found()
    if path is None:
        raise MeasurementError(chromium.MISSING)
    with chromium.started(path) as browser:
        on.say(f"the picture: {shown(pictures.of_run(browser, on.airflow.grid(run_id)))}")


def _keep(on: Ground, run_id: str) -> None:
    on.say(f"Airflow stays up on {on.airflow.grid(run_id)}; Ctrl-C ends it")
    with suppress(KeyboardInterrupt):
        while True:
            time.sleep(1)


USERS, RATE, CHUNK_ROWS = 500, 25.0, 100
MONTH = Trial("undisturbed", Setup(USERS, RATE, CHUNK_ROWS), undisturbed)
TRIALS = (
    MONTH,
    Trial("producer killed at 55", Setup(100, RATE, 25, sooner=True), producer_killed),
    Trial("a worker killed", Setup(USERS, RATE, CHUNK_ROWS, sooner=True), worker_killed),
    Trial("scheduler and all workers killed", Setup(USERS, RATE, CHUNK_ROWS, sooner=True), all_killed),
    Trial("scheduler killed", Setup(USERS, RATE, CHUNK_ROWS, sooner=True), scheduler_killed),
    Trial("cleared, twice", Setup(USERS, RATE, CHUNK_ROWS, sooner=True), cleared),
    Trial("two runs at once", Setup(USERS, RATE, CHUNK_ROWS), two_runs),
    Trial("paused", Setup(USERS, RATE, CHUNK_ROWS), paused),
    Trial("Lambda at the same time", Setup(USERS, RATE, CHUNK_ROWS, parameters={"sendBatchSize": "auto"}), shared_with_lambda),
    Trial("20,000 users", Setup(20_000, 40.0, 2_000), undisturbed),
)  # fmt: skip


def _followed(on: Ground, run_id: str, meanwhile: Callable[[Counter[str]], None] = lambda _: None) -> str:
    states = on.month.follow([run_id], meanwhile)
    if states[run_id] == "failed" and (held := on.month.month.outbox.users(Status.UNCERTAIN)):
        _decide(on, run_id, held)
    return run_id


def _decide(on: Ground, run_id: str, held: Sequence[str]) -> None:
    """As a person does whom `settle` has told: who has no mail in the inbox is sent one, who has one is not."""
    without = set(on.month.audit().lost)
    on.told["held"] = len(held)
    on.say(f"a person decides about {len(held)} messages: {len(without & set(held))} of them have no mail in the inbox")
    for user in held:
        decision = ["resend", "--accept-risk"] if user in without else ["assume-sent"]
        on.onlyonce(*decision, user, str(on.choice.period), "--reason", "the inbox was looked at")
    on.airflow.clear(run_id, ["settle"])
    on.month.follow([run_id])


def _once_half_is_out(on: Ground, strikes: Callable[[], int], share: float = 0.5) -> Callable[[Counter[str]], None]:
    def meanwhile(statuses: Counter[str]) -> None:
        out = sum(statuses[status] for status in SENT)
        if "struck" not in on.told and out >= share * len(on.choice.expectation.mails):
            on.told["struck"] = strikes()

    return meanwhile
