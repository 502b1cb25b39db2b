"""A month sent by the deployed product on the embedded AWS, with the pacer or without it, as its SES saw it.

Each run has a stack of its own. SES accepts `rate` mails a second, holds one second's worth for bursts (a token bucket)
and refuses above; a day's mails are unlimited. All of the rate is the campaign's (stage local: no headroom).
"""

import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copy
from typing import Any

from rich.console import Console

from bench.pacing.drain import Drain
from local.month.audit import audit
from local.month.month import Month
from local.month.progress import Progress
from local.stack import engine_pages
from local.stack.deployment import ZIP, Deployment
from local.stack.detached_engine import Say
from local.stack.stack import passing_stack
from local.usage import bucket, csv_file
from local.usage.choice import UsageChoice
from shared.outbox.states import WAITING

AT_MOST_S = 600.0
"""The watching ends after so long; what still waits then is counted."""
UNPACED = Path(__file__).with_name("unpaced.py")


@dataclass(frozen=True)
class Sending:
    """What came of a month, counted in the SES inbox."""

    drain: Drain
    duplicates: int
    lost: int
    """Users without a mail whose message does not wait for its turn either."""
    waiting: int
    """Messages that were neither final nor held when time was up."""
    executions: int
    executions_failed: int

    def figures(self, prefix: str = "") -> dict[str, Any]:
        """The same in numbers; the two lists have a number for each second from the first acceptance on."""
        figures = {
            "drain_s": round(self.drain.seconds, 1),
            "drain_ratio": round(self.drain.ratio, 3),
            "refused": len(self.drain.refused_at),
            "refused_fraction": round(self.drain.refused_fraction, 4),
            "most_in_any_second": self.drain.most_in_any_second,
            "duplicates": self.duplicates,
            "lost": self.lost,
            "waiting": self.waiting,
            "executions": self.executions,
            "executions_failed": self.executions_failed,
            "accepted_per_second": self.drain.accepted_per_second,
            "refused_per_second": self.drain.refused_per_second,
        }
        return {prefix + name: value for name, value in figures.items()}


@contextmanager
def stack(folder: Path, rate: float, say: Say) -> Iterator[Deployment]:
    """The product on an embedded AWS of its own, whose SES accepts so many mails a second."""
    with passing_stack(folder, say) as deployment:
        engine_pages.set_ses_rate(deployment.url, rate)
        engine_pages.lift_ses_daily(deployment.url)
        yield deployment


def run(deployment: Deployment, choice: UsageChoice, rate: float, console: Console) -> Sending:
    """Produces the month, watches it until nothing waits or AT_MOST_S is over, and counts. Raises MonthError."""
    messages = len(choice.expectation.mails)
    bucket.load(deployment.client("s3"), deployment.outputs()["UsageBucketName"], csv_file.read(choice.path))
    with Progress(console, messages) as progress:
        month = Month(deployment, choice.period, progress.show)
        deadline = time.monotonic() + AT_MOST_S
        month.produce()
        statuses = month.look()
        while any(statuses[status] for status in WAITING) and time.monotonic() < deadline:
            statuses = month.look()
        progress.show(statuses, final=True)
    waiting = [user_id for status in WAITING for user_id in month.outbox.users(status)]
    accepted_at, refused_at = engine_pages.ses_times(deployment.url)
    found = audit(engine_pages.mails(deployment.url), choice.expectation, choice.period, failed=waiting)
    executions = _executions(deployment)
    return Sending(
        Drain(accepted_at, refused_at, rate, messages),
        duplicates=found.duplicates + len(found.astray),
        lost=len(found.lost),
        waiting=len(waiting),
        executions=len(executions),
        executions_failed=len([status for status in executions if status not in ("RUNNING", "SUCCEEDED")]),
    )


def turn_pacer_off(deployment: Deployment, folder: Path) -> None:
    """Has `claim` and `send` run from a copy of the zip in which bench/pacing/unpaced.py stands before them."""
    changed = Path(copy(ZIP, folder / "unpaced.zip"))
    with zipfile.ZipFile(changed, "a") as archive:
        archive.write(UNPACED, UNPACED.name)
    functions, outputs = deployment.client("lambda"), deployment.outputs()
    for handler, name in (("claim", outputs["ClaimFunctionName"]), ("send", outputs["SendFunctionName"])):
        functions.update_function_code(FunctionName=name, ZipFile=changed.read_bytes())
        functions.update_function_configuration(FunctionName=name, Handler=f"{UNPACED.stem}.{handler}")


def _executions(deployment: Deployment) -> list[str]:
    """The status of every send execution."""
    arn = deployment.outputs()["SendStateMachineArn"]
    pages = deployment.client("stepfunctions").get_paginator("list_executions").paginate(stateMachineArn=arn)
    return [execution["status"] for page in pages for execution in page["executions"]]
