"""The story this product exists for: a month's mails, the producer killed in the middle, and nobody gets two or none.

    python -m local demo [--users 100] [--crash-at 55] [--usage my.csv] [--period 2026-10] [--port N] [--fresh 1]

Exit status 0 only if every user has exactly one mail, counted in the SES inbox; 1 if not; 2 if nothing was done, for unusable
input or because of a stack that is up already.
"""

import json
import signal
import time
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from local import advice, usage, usage_csv
from local.demo.lock import BusyError, only_process
from local.demo.options import Options, read_options
from local.demo.outcome import Outcome, show
from local.month.audit import audit
from local.month.month import Month, MonthError, ProducerError, StoppedError
from local.month.progress import Progress
from local.stack import engine_pages
from local.stack.deployment import Deployment, DeploymentError
from local.stack.detached_engine import EngineError, Say
from local.stack.stack import FOLDER, Stack, StackRefusedError
from local.usage_choice import UsageChoice, UsageChoiceError, choose
from shared.outbox.states import Status


def run(deployment: Deployment, choice: UsageChoice, crash_at: int, console: Console) -> Outcome:
    """Load the usage data, act the story out, and count what arrived. Raises MonthError."""
    bucket = deployment.outputs()["UsageBucketName"]
    events = usage.load(deployment.client("s3"), bucket, usage_csv.read(choice.path))
    loaded = f"• {events:,} usage events are in S3, where Athena reads them: {choice.said}"
    console.print(loaded, markup=False, soft_wrap=True)
    if choice.absent:
        console.print(f"• {choice.absent:,} users in the file have no event in {choice.period}: no mail for them")
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

    try:
        report = _produced(month, crash_at, say)
    finally:  # or the kill would hit the next run that somebody starts
        month.call_off_kill()
    say(
        f"[green]✓ the producer is done[/]: {report['produced']:,} messages, {report['fresh']:,} of them put there just now"
    )
    return report


def _produced(month: Month, crash_at: int, say: Say) -> Mapping[str, Any]:
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
        return month.produce()
    if crash_at:
        say(f"• the producer was not killed: there were fewer than {crash_at:,} messages to put into the outbox")
    return report


def main() -> int:
    """Run the demo from the command line."""
    for number in (signal.SIGTERM, signal.SIGHUP):  # so that what is staged is called off
        signal.signal(number, _end)
    errors = Console(stderr=True, highlight=False, markup=False)
    options = Options()
    try:
        options = read_options((__doc__ or "").splitlines()[0])
        with only_process(FOLDER / "demo.lock"):
            return _demo(options, Console(highlight=False))
    except BusyError as error:
        errors.print(
            f"another `make demo` is at work here, process {error.pid}: wait for its end, or stop it with Ctrl-C",
            soft_wrap=True,
        )
        return 2
    except (UsageChoiceError, StackRefusedError) as error:
        errors.print(error, soft_wrap=True)
        return 2
    except (StoppedError, ProducerError) as error:
        for line in advice.about(error, options.anew):
            errors.print(line, style="red" if line.startswith("✗") else "", soft_wrap=True)
        return 1
    except (EngineError, DeploymentError, MonthError) as error:
        errors.print(error, soft_wrap=True)
        return 1
    except (BotoCoreError, ClientError, OSError) as error:
        errors.print(
            f"the embedded AWS did not answer as expected: {error}\nits log: .local/engine.log", soft_wrap=True
        )
        return 1
    except KeyboardInterrupt:
        said = f"\ninterrupted; the embedded AWS stays as it is: `make down` stops it, `{options.anew}` begins anew"
        errors.print(said, soft_wrap=True)
        return 130


def _demo(options: Options, console: Console) -> int:
    stack = Stack(say=lambda text: console.print(f"• {text}", markup=False, soft_wrap=True))
    if not options.fresh and (standing := stack.standing()):
        width = len(options.anew)
        raise StackRefusedError(
            f"{standing}\n"
            "A demo begins with an empty one. Nothing was touched; what next?\n"
            f"  {options.anew}   throw that one away with its data, and run the demo\n"
            f"  {'make down':{width}}   only stop it; its data is gone\n"
            f"  {'source .local/env':{width}}   look around in it, with the AWS CLI or `python -m ops --stage local`"
        )
    choice = choose(options.usage, options.period, options.users, FOLDER / "usage.csv")
    figures = FOLDER / "demo.json"
    figures.unlink(missing_ok=True)
    with console.status("starting the embedded AWS and deploying serverless.yml"):
        deployment = stack.up(options.port, found="replace" if options.fresh else "refuse")
    if options.ses_rate:
        engine_pages.set_ses_rate(deployment.url, options.ses_rate)
    outcome = run(deployment, choice, options.crash_at, console)
    figures.write_text(json.dumps(outcome.figures, indent=2) + "\n")
    show(outcome, deployment, stack, figures, console)
    return 0 if outcome.audit.exactly_once else 1


def _end(*_: Any) -> None:
    raise KeyboardInterrupt
