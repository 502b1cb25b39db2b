"""The story this product exists for: a month's mails, the producer killed in the middle, and nobody gets two or none.

    python -m local.demo [--users 100] [--crash-at 55] [--usage my.csv] [--period 2026-10]

Exit status 0 only if every user has exactly one mail, counted in the SES inbox; 1 if not, 2 for unusable input.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from local import engine_pages, usage, usage_csv
from local.audit import audit
from local.deployment import Deployment, DeploymentError
from local.detached_engine import EngineError
from local.month import Month, MonthError, ProducerError
from local.outcome import Outcome, show
from local.progress import Progress
from local.stack import FOLDER, Stack
from local.usage_choice import UsageChoice, UsageChoiceError, choose
from shared.states import Status

USERS = 100
CRASH_AT = 55


def run(deployment: Deployment, choice: UsageChoice, crash_at: int, console: Console) -> Outcome:
    """Load the usage data, act the story out, and count what arrived. Raises MonthError."""
    bucket = deployment.outputs()["UsageBucketName"]
    events = usage.load(deployment.client("s3"), bucket, usage_csv.read(choice.path))
    loaded = f"• {events:,} usage events are in S3, where Athena reads them: {choice.said}"
    console.print(loaded, markup=False, soft_wrap=True)
    started_at = time.monotonic()
    with Progress(console, len(choice.expectation.mails)) as progress:
        month = Month(deployment, choice.period, progress.show)
        report = _produce(month, crash_at, console)
        statuses = month.finish()
        seconds = time.monotonic() - started_at
        progress.show(statuses, final=True)
    found = audit(
        engine_pages.mails(deployment.url), choice.expectation, choice.period, month.outbox.users(Status.FAILED)
    )
    figures = {
        "users": choice.expectation.users,
        "produced": report["produced"],
        "rejected": report["rejected"],
        "sent": found.sent,
        "duplicates": found.duplicates,
        "lost": len(found.lost),
        "uncertain": statuses[Status.UNCERTAIN],
        "seconds": round(seconds, 1),
    }
    return Outcome(found, figures, month.rejected_rows(report.get("rejected_rows", "")))


def _produce(month: Month, crash_at: int, console: Console) -> Mapping[str, Any]:
    """Produce the month, the producer killed once on the way if `crash_at` says so; the report of the last run."""

    def say(text: str) -> None:
        console.print(text, soft_wrap=True)

    if crash_at:
        month.kill_producer_after(crash_at)
        say(
            f"• the producer starts; what is staged here: it will be killed when {crash_at:,} messages are in the outbox"
        )
    else:
        say("• the producer starts")
    try:
        report = month.produce()
    except ProducerError as error:
        pids = month.killed_pids()
        if not pids:
            raise
        say(f"[red]✗ the producer is dead[/]: SIGKILL, pid {pids[0]}, after {crash_at:,} messages ({error.error_type})")
        say("• the producer is started again, and told nothing of what happened")
        report = month.produce()
    else:
        if crash_at:
            say(f"• the producer was not killed: there were fewer than {crash_at:,} messages to put into the outbox")
    say(
        f"[green]✓ the producer is done[/]: {report['produced']:,} messages, {report['fresh']:,} of them put there just now"
    )
    return report


def main() -> int:
    """Run the demo from the command line."""
    parser = argparse.ArgumentParser(prog="make demo", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--users", type=int, default=USERS, help="of the invented usage data")
    parser.add_argument(
        "--crash-at", type=int, default=CRASH_AT, help="kill the producer after that many messages; 0: never"
    )
    parser.add_argument("--usage", default="", help="a usage file (CSV) of your own")
    parser.add_argument("--period", default="", help="YYYY-MM")
    arguments = parser.parse_args()
    if arguments.crash_at < 0:
        parser.error(f"CRASH_AT={arguments.crash_at}: a number of messages from 0")
    console, errors = Console(highlight=False), Console(stderr=True, highlight=False, markup=False)
    figures = FOLDER / "demo.json"
    try:
        choice = choose(arguments.usage, arguments.period, arguments.users, FOLDER / "usage.csv")
        figures.unlink(missing_ok=True)
        stack = Stack(say=lambda text: console.print(f"• {text}", markup=False, soft_wrap=True))
        with console.status("starting the embedded AWS and deploying serverless.yml"):
            deployment = stack.up(found="replace")
        outcome = run(deployment, choice, arguments.crash_at, console)
    except UsageChoiceError as error:
        errors.print(error, soft_wrap=True)
        return 2
    except (EngineError, DeploymentError, MonthError) as error:
        errors.print(error, soft_wrap=True)
        return 1
    except (BotoCoreError, ClientError, OSError) as error:
        errors.print(
            f"the embedded AWS did not answer as expected: {error}\nits log: .local/engine.log", soft_wrap=True
        )
        return 1
    except KeyboardInterrupt:
        errors.print("\ninterrupted; the embedded AWS stays as it is: `make down` stops it, `make demo` begins anew")
        return 130
    figures.write_text(json.dumps(outcome.figures, indent=2) + "\n")
    show(outcome, deployment, stack, figures, console)
    return 0 if outcome.audit.exactly_once else 1


if __name__ == "__main__":
    sys.exit(main())
