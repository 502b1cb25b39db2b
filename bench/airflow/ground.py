"""Where a trial runs: an embedded AWS and an Airflow of its own, with a month's usage loaded."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.errors import MeasurementError
from local.airflow.airflow import Airflow
from local.airflow.month import PARAMETERS, AirflowMonth
from local.month.sweeps import Sweeps
from local.stack import engine_pages
from local.stack.deployment import Deployment
from local.stack.detached_engine import Say
from local.stack.embedded_aws import ROOT
from local.stack.isolation import isolated
from local.stack.parameters import FASTER
from local.stack.stack import passing_stack
from local.stack.stage_settings import STAGE
from local.usage.choice import UsageChoice, choose

HEARTBEAT_TIMEOUT_S = 20
"""After which Airflow takes a task that has fallen silent for dead: 300 by default, which a trial would wait for."""
_SOONER = {
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": str(HEARTBEAT_TIMEOUT_S),
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_SEC": "2",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "10",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "15",
}


@dataclass(frozen=True)
class Setup:
    """What a trial runs with."""

    users: int
    rate: float
    chunk_rows: int
    sooner: bool = False
    """Airflow's timeouts and the stack's leases are short, and the sweeper comes every two seconds."""
    parameters: Mapping[str, int | str] = field(default_factory=lambda: dict(PARAMETERS))


@dataclass
class Ground:
    deployment: Deployment
    airflow: Airflow
    month: AirflowMonth
    choice: UsageChoice
    say: Say
    told: dict[str, Any] = field(default_factory=dict)
    """What a trial has to tell beside what is counted of every one."""

    def kill(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)

    def kill_when_produced(self, messages: int, pid: int) -> None:
        """The process, when so many messages are in the outbox."""
        table = self.deployment.outputs()["OutboxTableName"]
        engine_pages.kill_pid_after(self.deployment.url, table=table, new_items=messages, pid=pid)

    def onlyonce(self, *words: str) -> None:
        """A command of the operator's. Raises MeasurementError."""
        command = [sys.executable, "-m", "ops.main", *words, "--stage", STAGE]
        ended = subprocess.run(
            command,
            env=isolated(os.environ, self.deployment.url),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode:
            raise MeasurementError(f"`onlyonce {' '.join(words)}` failed: {ended.stderr or ended.stdout}")

    def begin(self) -> str:
        """Unpauses the DAG: its schedule begins the run."""
        self.airflow.unpause()
        run_id = self.month.scheduled()
        self.say(f"Airflow has begun the run {run_id}: {self.airflow.grid(run_id)}")
        return run_id


@contextmanager
def ground(setup: Setup, console: Console, say: Say) -> Iterator[Ground]:
    """Stopped and thrown away at the end. Raises EngineError, DeploymentError, AirflowError."""
    with tempfile.TemporaryDirectory(prefix="onlyonce-airflow-") as scratch:
        folder = Path(scratch)
        choice = choose("", "", setup.users, folder / "usage.csv")
        parameters = {**setup.parameters, **(FASTER if setup.sooner else {})}
        with passing_stack(folder / "stack", say, parameters) as deployment:
            engine_pages.set_ses_rate(deployment.url, setup.rate)
            engine_pages.lift_ses_daily(deployment.url)
            variables = {"onlyonce_chunk_rows": str(setup.chunk_rows)}
            with Airflow(
                folder / "airflow", deployment.url, say, variables=variables, settings=_SOONER if setup.sooner else {}
            ) as airflow:
                month = AirflowMonth(deployment, airflow, choice, console)
                say(f"{month.load():,} usage events are in S3, where Athena reads them: {choice.said}")
                with Sweeps(deployment) if setup.sooner else _no_sweeps():
                    yield Ground(deployment, airflow, month, choice, say)


@contextmanager
def _no_sweeps() -> Iterator[None]:
    """But the deployed ones."""
    yield
