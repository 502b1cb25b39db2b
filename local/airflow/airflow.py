"""One Airflow on loopback, in a home of its own: its database, scheduler, triggerer, DAG processor and API server."""

import contextlib
import json
import os
import re
import secrets
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil

from local.stack.detached_engine import Say, shown
from local.stack.embedded_aws import REGION, ROOT, free_port
from local.stack.isolation import isolated
from local.stack.stage_settings import STAGE

PROGRAM = ROOT / ".local/airflow/bin/airflow"
REQUIREMENTS = ROOT / "requirements-airflow.txt"
DAG = "monthly_email"
POOL = "onlyonce"
START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 15.0
OVER = frozenset({"success", "failed"})
_LOOK_S = 0.5


class AirflowError(Exception):
    """Airflow does not run, or does not do what it should; the message says where to look. `said`: all that a command said."""

    def __init__(self, message: str, said: str = "") -> None:
        super().__init__(message)
        self.said = said


class Airflow:
    """A context in which it runs. `home` is thrown away by who made it. `settings`: more of its configuration, by name, such as
    {"AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "20"}; `variables`: Airflow's own.
    """

    def __init__(
        self,
        home: Path,
        aws_url: str,
        say: Say,
        *,
        slots: int = 4,
        variables: Mapping[str, str] | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.home = home
        self.url = f"http://127.0.0.1:{free_port()}"
        self._aws_url = aws_url
        self._slots = slots
        self._say = say
        self._token = ""
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._orphans: list[int] = []
        """Sessions whose first process was killed."""
        self._environment = self._made(variables or {}, settings or {})

    def __enter__(self) -> "Airflow":
        """Raises AirflowError."""
        if not PROGRAM.exists():
            raise AirflowError(f"{shown(PROGRAM)} is missing; `make airflow-demo` makes it")
        started_at = time.monotonic()
        try:
            self.run("db", "migrate")
            self.run("pools", "set", POOL, str(self._slots), "Sends the month's mails")
            port = self.url.rpartition(":")[2]
            self.start("api-server", "--host", "127.0.0.1", "--port", port, "--workers", "1")
            self.start("scheduler", "--skip-serve-logs")
            self.start("triggerer", "--skip-serve-logs")
            self.start("dag-processor")
            self._wait_until_ready()
        except BaseException:
            self._stop()
            raise
        self._say(f"Airflow is up on {self.url} ({time.monotonic() - started_at:.0f} s)")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    @property
    def version(self) -> str:
        """Airflow's, and that of Amazon's provider."""
        pinned = dict(
            re.findall(r"^(apache-airflow(?:-providers-amazon)?)==(\S+)", REQUIREMENTS.read_text(), re.MULTILINE)
        )
        return f"Airflow {pinned['apache-airflow']}, Amazon provider {pinned['apache-airflow-providers-amazon']}"

    def run(self, *words: str) -> str:
        """What a command of Airflow's own says. Raises AirflowError."""
        done = subprocess.run(
            [PROGRAM, *words],
            env=self._environment,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            said = (done.stdout + done.stderr).decode(errors="replace").strip()
            ended = f"`airflow {' '.join(words)}` ended with status {done.returncode}"
            raise AirflowError(f"{ended}:\n{said[-2000:]}", said)
        return done.stdout.decode(errors="replace")

    def start(self, *words: str) -> None:
        """One of its processes, with all its children in a session of its own."""
        with self._log(words[0]).open("ab") as log:
            self._processes[words[0]] = subprocess.Popen(
                [PROGRAM, *words],
                env=self._environment,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self, name: str, *, children: bool) -> None:
        """One of its processes by SIGKILL, and all that it has started, unless these are to live on as orphans."""
        process = self._processes.pop(name)
        tree = psutil.Process(process.pid).children(recursive=True) if children else []
        process.kill()
        for one in tree:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        self._orphans += [] if children else [process.pid]
        process.wait()

    # --- what a person does on its pages ---
    def unpause(self) -> None:
        """From now on its schedule holds, and the last month's run begins."""
        self.ask("PATCH", f"dags/{DAG}", {"is_paused": False})

    def trigger(self, conf: Mapping[str, Any]) -> str:
        """Another run; its id."""
        return str(self.ask("POST", f"dags/{DAG}/dagRuns", {"logical_date": None, "conf": conf})["dag_run_id"])

    def runs(self) -> list[dict[str, Any]]:
        return list(self.ask("GET", f"dags/{DAG}/dagRuns?limit=100")["dag_runs"])

    def task_instances(self, run_id: str) -> list[dict[str, Any]]:
        path = f"dags/{DAG}/dagRuns/{run_id}/taskInstances"
        found: list[dict[str, Any]] = []
        while True:
            page = self.ask("GET", f"{path}?limit=100&offset={len(found)}")
            found += page["task_instances"]
            if len(found) >= page["total_entries"] or not page["task_instances"]:
                return found

    def clear(self, run_id: str, tasks: Sequence[str], *, following: bool = True) -> None:
        """The tasks, and those that follow, run again."""
        body = {"dry_run": False, "dag_run_id": run_id, "task_ids": list(tasks), "only_failed": False}
        self.ask("POST", f"dags/{DAG}/clearTaskInstances", {**body, "include_downstream": following})

    def state(self, run_id: str) -> str:
        return str(self.ask("GET", f"dags/{DAG}/dagRuns/{run_id}")["state"])

    def logs(self, run_id: str, task_id: str, map_index: int = -1, try_number: int = 1) -> str:
        """What a task told, as its page shows it."""
        path = f"dags/{DAG}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{try_number}?map_index={map_index}"
        return "\n".join(str(line.get("event", line)) for line in self.ask("GET", path)["content"])

    def grid(self, run_id: str) -> str:
        """The run's page."""
        return f"{self.url}/dags/{DAG}/runs/{run_id}"

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Its REST API. Raises AirflowError."""
        request = urllib.request.Request(
            f"{self.url}/api/v2/{path.replace('+', '%2B').replace(':', '%3A')}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Content-Type": "application/json",
                "Accept": "application/json",
                "Authorization": f"Bearer {self._token}",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            raise AirflowError(
                f"Airflow says {error.code} to {method} {path}: {error.read().decode()[:500]}"
            ) from error

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            for name, process in self._processes.items():
                if process.poll() is not None:
                    raise AirflowError(
                        f"airflow {name} ended with status {process.returncode}; its log: {shown(self._log(name))}"
                    )
            try:
                if not self._token:
                    with urllib.request.urlopen(f"{self.url}/auth/token", timeout=5) as answer:
                        self._token = json.loads(answer.read())["access_token"]
                health = self.ask("GET", "monitor/health")
                if all((health[one] or {}).get("status") == "healthy" for one in ("scheduler", "triggerer")):
                    self.ask("GET", f"dags/{DAG}")
                    return
            except (AirflowError, OSError):
                pass
            time.sleep(_LOOK_S)
        raise AirflowError(
            f"Airflow did not become ready in {START_TIMEOUT_S:.0f} s; the logs of its processes are in {shown(self.home)}"
        )

    def _stop(self) -> None:
        for process in self._processes.values():
            process.terminate()
        deadline = time.monotonic() + STOP_TIMEOUT_S
        for process in self._processes.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
            process.kill()
            process.wait()
        for sid in [*(process.pid for process in self._processes.values()), *self._orphans]:
            self._kill_session(sid)
        self._processes.clear()

    def _kill_session(self, sid: int) -> None:
        """What one of its processes has left behind."""
        for one in psutil.process_iter():
            with contextlib.suppress(ProcessLookupError, psutil.NoSuchProcess, PermissionError):
                if os.getsid(one.pid) == sid:
                    one.kill()

    def _log(self, name: str) -> Path:
        return self.home / f"{name}.log"

    def _made(self, variables: Mapping[str, str], settings: Mapping[str, str]) -> dict[str, str]:
        """Its configuration, as environment variables: it reads no other."""
        self.home.mkdir(parents=True, exist_ok=True)
        extra = {"region_name": REGION, "endpoint_url": self._aws_url}
        connection = {"conn_type": "aws", "login": "local", "password": "local", "extra": extra}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
        return {
            **isolated(kept, self._aws_url),
            "PYTHONPATH": str(ROOT),
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": "16",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__API__SECRET_KEY": secrets.token_hex(16),
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
            "AIRFLOW_CONN_ONLYONCE_AWS": json.dumps(connection),
            "AIRFLOW_VAR_ONLYONCE_STAGE": STAGE,
            **{f"AIRFLOW_VAR_{name.upper()}": value for name, value in variables.items()},
            **settings,
        }
