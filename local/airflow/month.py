"""A month on the deployed stage, produced and sent by Airflow, and what came of it."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from rich.console import Console

from local.airflow.airflow import OVER, Airflow, AirflowError
from local.month.audit import Audit, audit
from local.month.month import Month
from local.month.progress import Progress
from local.stack import engine_pages
from local.stack.deployment import Deployment
from local.usage import bucket, csv_file
from local.usage.choice import UsageChoice
from shared.outbox.states import Status

T = TypeVar("T")
PARAMETERS = {"engine": "airflow", "sendBatchSize": "auto"}
"""Of the deployment."""
STUCK_AFTER_S = 180.0
FEEDBACK_S = 5.0
"""SES's events come so much later at most."""


class AirflowMonth:
    """One month, whose runs are followed to their end."""

    def __init__(self, deployment: Deployment, airflow: Airflow, choice: UsageChoice, console: Console) -> None:
        self._deployment = deployment
        self._airflow = airflow
        self._choice = choice
        self._console = console
        self.month = Month(deployment, choice.period, lambda _: None)

    def load(self) -> int:
        """Puts the usage data where Athena reads it; how many events there are."""
        name = self._deployment.outputs()["UsageBucketName"]
        return bucket.load(self._deployment.client("s3"), name, csv_file.read(self._choice.path))

    def scheduled(self) -> str:
        """The run that the schedule has begun since the DAG was unpaused."""
        return self._eventually(
            lambda: next((str(one["dag_run_id"]) for one in self._airflow.runs()), None), "no run has begun"
        )

    def follow(
        self, run_ids: Sequence[str], meanwhile: Callable[[Counter[str]], None] = lambda _: None
    ) -> dict[str, str]:
        """Watches until all of them are over; the state of each. `meanwhile` is told the messages' statuses again and again.
        Raises AirflowError when nothing moved for long.
        """
        before, moved_at = None, time.monotonic()
        with Progress(self._console, len(self._choice.expectation.mails)) as progress:
            while True:
                statuses = self.month.look()
                progress.show(statuses)
                meanwhile(statuses)
                states = {run_id: self._airflow.state(run_id) for run_id in run_ids}
                if OVER.issuperset(states.values()):
                    progress.show(self._settled(statuses), final=True)
                    return states
                if statuses != before:
                    before, moved_at = statuses, time.monotonic()
                elif time.monotonic() - moved_at > STUCK_AFTER_S:
                    raise AirflowError(f"nothing moved for {STUCK_AFTER_S:.0f} s: {dict(statuses)}, runs {states}")

    def audit(self) -> Audit:
        """The inbox, against the usage data."""
        failed = self.month.outbox.users(Status.FAILED)
        return audit(engine_pages.mails(self._deployment.url), self._choice.expectation, self._choice.period, failed)

    def figures(self, run_ids: Sequence[str], seconds: float) -> dict[str, Any]:
        """What came of it. `drain_ratio`: from the first mail that SES accepted to the last, to users/rate."""
        found, tasks = self.audit(), [one for run_id in run_ids for one in self._airflow.task_instances(run_id)]
        accepted, refused = engine_pages.ses_times(self._deployment.url)
        rate = engine_pages.ses(self._deployment.url)["rate"]
        users = self._choice.expectation.users
        return {
            "users": users,
            "sent": found.sent,
            "duplicates": found.duplicates,
            "lost": len(found.lost),
            "held": self.month.look()[Status.UNCERTAIN] + len(found.failed),
            "task_instances": len(tasks),
            "chunks": sum(one["task_id"] == "send" for one in tasks),
            "tries": sum(one["try_number"] for one in tasks),
            "seconds": round(seconds, 1),
            "rate": rate,
            "drain_ratio": round((accepted[-1] - accepted[0]) / (users / rate), 3) if accepted else None,
            "refused": len(refused),
            "database_kb": (self._airflow.home / "airflow.db").stat().st_size // 1024,
        }

    def task(self, run_id: str, task_id: str, state: str = "running") -> dict[str, Any]:
        """One of that name and in that state, as soon as there is one."""

        def found() -> dict[str, Any] | None:
            tasks = self._airflow.task_instances(run_id)
            return next((one for one in tasks if (one["task_id"], one["state"]) == (task_id, state)), None)

        return self._eventually(found, f"no task {task_id} is {state}", every_s=0.05)

    def _settled(self, statuses: Counter[str]) -> Counter[str]:
        """As they are when SES's events have come as well."""
        until = time.monotonic() + FEEDBACK_S
        while time.monotonic() < until and statuses[Status.SENT] + statuses[Status.UNCERTAIN]:
            statuses = self.month.look()
        return statuses

    def _eventually(self, look: Callable[[], T | None], otherwise: str, every_s: float = 0.5) -> T:
        until = time.monotonic() + STUCK_AFTER_S
        while time.monotonic() < until:
            found = look()
            if found is not None:
                return found
            time.sleep(every_s)
        raise AirflowError(f"{otherwise} after {STUCK_AFTER_S:.0f} s; the logs are in {self._airflow.home}")
