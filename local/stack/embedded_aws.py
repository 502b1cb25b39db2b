"""One embedded AWS as a child process: started, waited for, stopped or killed."""

import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".local/engine/bin/python"
REGION = "us-east-1"
START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 10.0


class EngineStartError(Exception):
    """The embedded AWS did not become ready."""


def free_port() -> int:
    """A TCP port that was free on 127.0.0.1 a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class EmbeddedAws:
    """A running engine on 127.0.0.1, with clients that can reach nothing else."""

    def __init__(
        self, *, port: int | None = None, data_dir: Path | None = None, stock: bool = False, log: Path
    ) -> None:
        """Start the engine and wait until it is ready; `log` takes its output. Raises EngineStartError."""
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        self._command = [str(PYTHON), "-m", "local.engine", "--port", str(self.port)]
        self._command += ["--data-dir", str(data_dir)] if data_dir else []
        self._command += ["--stock"] if stock else []
        self._clients: dict[str, Any] = {}
        self.start()

    def start(self) -> None:
        """Start the engine, again, with the same port and data directory. Raises EngineStartError."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(self._command, cwd=ROOT, stdout=output, stderr=output)
        self._wait_until_ready()

    def client(self, service: str) -> Any:
        """The boto3 client of `service` on this engine: dummy credentials, no retries, so that no error is hidden."""
        if service not in self._clients:
            create: Any = boto3.client  # Its overloads want the service as a literal.
            self._clients[service] = create(
                service,
                endpoint_url=self.url,
                region_name=REGION,
                aws_access_key_id="local",
                aws_secret_access_key="local",
                config=Config(
                    retries={"total_max_attempts": 1}, max_pool_connections=64, connect_timeout=5, read_timeout=65
                ),
            )
        return self._clients[service]

    def stop(self) -> None:
        """Stop the engine cleanly; with a data_dir, everything is on disk when this returns."""
        self.process.terminate()
        try:
            self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Kill the engine as a crash would."""
        self.process.kill()
        self.process.wait()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/_ministack/ready", timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        self.kill()
        raise EngineStartError(
            f"The embedded AWS did not become ready on {self.url} in {START_TIMEOUT_S:.0f} s; its output is in "
            f"{self.log}. Its interpreter must be {PYTHON} (see local/engine/requirements.txt)."
        )
