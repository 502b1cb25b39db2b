"""A month in a storm, from its usage data to what came of it."""

import contextlib
import time

from rich.console import Console

from local.chaos import outcome
from local.chaos.outcome import ChaosOutcome, Struck
from local.chaos.storm import Storm
from local.month.month import Month, MonthError, ProducerError
from local.month.progress import Progress
from local.month.sweeps import Sweeps
from local.stack import engine_pages
from local.stack.deployment import Deployment
from local.usage import bucket, csv_file
from local.usage.choice import UsageChoice
from shared.outbox.states import Status

_MOST_PRODUCERS = 100
_STORM_AT_MOST_S = 240.0


def run(deployment: Deployment, choice: UsageChoice, seed: int, console: Console) -> ChaosOutcome:
    """Send the month in a storm, let it settle, and count what arrived. Raises MonthError."""

    def say(text: str) -> None:
        console.print(f"• {text}", markup=False, soft_wrap=True)

    bucket.load(deployment.client("s3"), deployment.outputs()["UsageBucketName"], csv_file.read(choice.path))
    started_at = time.monotonic()
    with Progress(console, len(choice.expectation.mails)) as progress, Sweeps(deployment) as sweeps:
        month = Month(deployment, choice.period, progress.show)
        with Storm(deployment.url, seed, say):
            say(f"the month is produced; that took {_produce(month)} runs of the producer")
            _wait_for_every_messages_turn(month)
        statuses = month.finish()
        seconds = time.monotonic() - started_at
        progress.show(statuses, final=True)
    struck = engine_pages.struck(deployment.url)
    return outcome.outcome(
        engine_pages.mails(deployment.url),
        choice,
        month.outbox,
        Struck(
            kills=struck["kills"],
            dropped_answers=struck["dropped_answers"],
            throttled=engine_pages.throttled(deployment.url),
            repeated_batches=struck["repeated_batches"],
        ),
        sweeps.done,
        seconds,
    )


def _produce(month: Month) -> int:
    """Start the producer again and again until its answer says that it is done; how often that was."""
    for count in range(1, _MOST_PRODUCERS + 1):
        with contextlib.suppress(ProducerError):
            month.produce()
            return count
    raise MonthError(f"the producer was started {_MOST_PRODUCERS} times and was never done")


def _wait_for_every_messages_turn(month: Month) -> None:
    """Until SES was asked for each message, in the storm, or the storm has lasted long enough."""
    deadline = time.monotonic() + _STORM_AT_MOST_S
    while time.monotonic() < deadline:
        statuses = month.look()
        if not statuses[Status.PENDING] and not statuses[Status.CLAIMED]:
            return
