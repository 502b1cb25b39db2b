"""Everything breaks, again and again, and nobody gets two mails or none without a reason.

    python -m local chaos [--messages 1000] [--seed 1] [--json FILE]

In a stack of its own, on a free port: its Lambda processes are killed at random, answers of SES get lost after it
accepted, SES throttles, stream batches come twice, and the sweeper runs. Exit status 0 only if nobody has two mails,
nobody is lost, and no message is held although SES told that its mail was accepted; 1 if not.
"""

import argparse
import contextlib
import json
import signal
import tempfile
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from local import usage, usage_csv
from local.chaos import outcome
from local.chaos.outcome import ChaosOutcome, Struck
from local.chaos.storm import Storm
from local.month.month import Month, MonthError, ProducerError
from local.month.progress import Progress
from local.month.sweeps import Sweeps
from local.stack import engine_pages
from local.stack.deployment import Deployment, DeploymentError
from local.stack.detached_engine import EngineError, Say
from local.stack.stack import passing_stack
from local.usage_choice import UsageChoice, UsageChoiceError, choose
from shared.outbox.states import Status

MESSAGES = 1000
SEED = 1
FASTER = {"claimLeaseS": 30, "sendLeaseS": 25, "sendTimeoutS": 20, "sesReadTimeoutS": 3, "strandedAfterS": 15}
"""Time passes faster here: what takes minutes in an account takes seconds. A claim's lease outlasts a send's, that the
send function, and that the longest ask of SES, as in an account.
"""
_MOST_PRODUCERS = 100
_STORM_AT_MOST_S = 240.0


def stack(folder: Path, say: Say) -> AbstractContextManager[Deployment]:
    """The product on an embedded AWS of its own, with FASTER leases."""
    return passing_stack(folder, say, FASTER)


def run(deployment: Deployment, choice: UsageChoice, seed: int, console: Console) -> ChaosOutcome:
    """Send the month in a storm, let it settle, and count what arrived. Raises MonthError."""

    def say(text: str) -> None:
        console.print(f"• {text}", markup=False, soft_wrap=True)

    usage.load(deployment.client("s3"), deployment.outputs()["UsageBucketName"], usage_csv.read(choice.path))
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


def main() -> int:
    """Run it from the command line."""
    parser = argparse.ArgumentParser(prog="python -m local chaos", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--messages", type=int, default=MESSAGES, help="users of the invented usage data")
    parser.add_argument("--seed", type=int, default=SEED, help="of what is random in the faults")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    arguments = parser.parse_args()
    console, errors = Console(highlight=False), Console(stderr=True, highlight=False, markup=False)
    signal.signal(signal.SIGTERM, _end)  # so that what was started is ended
    try:
        with tempfile.TemporaryDirectory(prefix="onlyonce-chaos-") as scratch:
            folder = Path(scratch)
            choice = choose("", "", arguments.messages, folder / "usage.csv")
            shorter = ", ".join(f"{name} {seconds}" for name, seconds in FASTER.items())
            console.print(f"• time passes faster here than in an account: {shorter}", soft_wrap=True)
            with stack(folder, lambda text: console.print(f"• {text}", soft_wrap=True)) as deployment:
                result = run(deployment, choice, arguments.seed, console)
    except UsageChoiceError as error:
        errors.print(error, soft_wrap=True)
        return 2
    except (EngineError, DeploymentError, MonthError, BotoCoreError, ClientError, OSError) as error:
        errors.print(error, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        errors.print("\ninterrupted; what was started is stopped")
        return 130
    outcome.show(result, console)
    if arguments.json:
        arguments.json.write_text(json.dumps(result.figures, indent=2) + "\n")
    return 0 if result.holds else 1


def _end(*_: Any) -> None:
    raise KeyboardInterrupt
