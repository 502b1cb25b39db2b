"""The story: usage data becomes a month's mails, and the producer is killed on the way."""

import time
from collections.abc import Mapping
from typing import Any

from rich.console import Console

from local.demo.outcome import Outcome
from local.month.audit import audit
from local.month.month import Month, ProducerError
from local.month.progress import Progress
from local.stack import engine_pages
from local.stack.deployment import Deployment
from local.stack.detached_engine import Say
from local.usage import bucket, csv_file
from local.usage.choice import UsageChoice
from shared.outbox.states import Status


def run(deployment: Deployment, choice: UsageChoice, crash_at: int, console: Console) -> Outcome:
    """Load the usage data, act the story out, and count what arrived. Raises MonthError."""
    name = deployment.outputs()["UsageBucketName"]
    events = bucket.load(deployment.client("s3"), name, csv_file.read(choice.path))
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
        say("  ProducerErrorsAlarm rings for it, and goes on for twenty minutes")
        say("• the producer is started again, and told nothing of what happened")
        return month.produce()
    if crash_at:
        say(f"• the producer was not killed: there were fewer than {crash_at:,} messages to put into the outbox")
    return report
