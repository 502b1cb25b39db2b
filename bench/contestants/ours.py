"""Ours, as serverless.yml deploys it: an outbox, a fence and a token around each call, sends by timetable.

Stage local's settings, but for what takes minutes on purpose: leases, timeouts and the sweeper's round go thirty times
faster, or a run of 20 s would be over before the first lease is.
"""

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache

from bench.contestants import functions
from bench.contestants.common import everybody
from bench.contestants.functions import invoke
from bench.shootout import people
from bench.shootout.contestant import Contestant, Ground
from local.month.sweeps import Sweeps
from local.stack import engine_pages
from local.stack.deployment import STACK, Deployment
from local.stack.parameters import FASTER
from local.usage import bucket, csv_file
from shared.outbox.states import HELD, WAITING
from shared.periods import Period

SETTINGS = {**FASTER, "claimLeaseS": 50, "sendLeaseS": 45, "sendTimeoutS": 40}
"""A full execution's slots are 20 s, and its last ask needs another 14 (ADR 13 D2)."""
SWEEP_EVERY_S = 8.0
"""Of an account: 4 minutes (sweepMinutes)."""
PRODUCER, SENDING = f"{STACK}-producer", (f"{STACK}-claim", f"{STACK}-send")


class Ours(Contestant):
    described = "An outbox, an execution that waits for its send slot, a fence and a token around each call of SES."
    sending_functions: Sequence[str] = SENDING
    because: Mapping[str, str] = {
        "restarted": "a message is put once",
        "killed": "a call of SES whose end died with its process is not repeated: SES's event or a person decides",
        "unheard": "a mail whose answer is lost is not asked for again: SES's event or a person decides",
        "crowded": "what SES refuses is asked for later",
    }

    def __init__(self, name: str, title: str, batch: str) -> None:
        """`batch`: sendBatchSize."""
        self.name, self.title, self._batch = name, title, batch
        self._sweeps: Sweeps | None = None

    def prepare(self, ground: Ground) -> None:
        deployment = Deployment(ground.endpoint)
        deployment.deploy(ground.scratch / "deploy.log", {**SETTINGS, "sendBatchSize": self._batch})
        usage = ground.scratch / "usage.csv"
        people.write_usage(usage, everybody(ground.users_file.read_text()), period())
        bucket.load(deployment.client("s3"), deployment.outputs()["UsageBucketName"], csv_file.read(usage))
        self._sweeps = Sweeps(deployment, SWEEP_EVERY_S)
        self._sweeps.__enter__()

    def producer(self, ground: Ground) -> list[str]:  # noqa: ARG002
        return [sys.executable, "-m", "bench.contestants.ours"]

    def idle(self, ground: Ground) -> bool:
        return not any(status in WAITING for status in _statuses(ground).values())

    def held(self, ground: Ground) -> set[str]:
        return {user_id for user_id, status in _statuses(ground).items() if status in HELD}

    def close(self) -> None:
        if self._sweeps:
            self._sweeps.__exit__(None, None, None)
            self._sweeps = None


CONTESTANT = Ours("ours", "onlyonce, one execution each", "1")


def period() -> Period:
    """The month that is over."""
    return Period(datetime.now(UTC).date().replace(day=1)).previous


def _statuses(ground: Ground) -> dict[str, str]:
    """By user."""
    pages = (
        functions.client(ground, "dynamodb")
        .get_paginator("scan")
        .paginate(
            TableName=_outbox(ground),
            ProjectionExpression="user_id, #status",
            ExpressionAttributeNames={"#status": "status"},
        )
    )
    return {item["user_id"]["S"]: item["status"]["S"] for page in pages for item in page["Items"]}


@cache
def _outbox(ground: Ground) -> str:
    return Deployment(ground.endpoint).outputs()["OutboxTableName"]


def main(ground: Ground) -> int:
    """Starts the producer, as its schedule or an operator does; it dies where the ground says so."""
    armed = ground.scratch / "producer-kill-ordered"
    if ground.kill_at and not armed.exists():
        armed.touch()
        table = _outbox(ground)
        engine_pages.kill_after(ground.endpoint, table=table, new_items=ground.kill_at, function=PRODUCER)
    return invoke(PRODUCER, {"period": str(period())})


if __name__ == "__main__":
    sys.exit(main(Ground.of_environment()))
