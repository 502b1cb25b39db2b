"""The embedded AWS as a process of its own, which stays when the command that started it ends."""

import contextlib
import os
import socket
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from local.stack.daemon import Daemon
from local.stack.embedded_aws import PYTHON, ROOT, START_TIMEOUT_S, free_port
from local.stack.isolation import isolated

PORT = 4566
"""Where an embedded AWS is expected. Another port is taken if this one is in use."""
PORTS = range(1, 65536)

_TAIL_LINES = 25

Say = Callable[[str], None]


class EngineError(Exception):
    """The embedded AWS does not run; the message says why and what to do."""


class DetachedEngine:
    """At most one engine for each `folder`, which holds its log, its pid and its URL."""

    def __init__(self, folder: Path, say: Say) -> None:
        self.log = folder / "engine.log"
        self._url_file = folder / "engine.url"
        self._daemon = Daemon(folder / "engine.pid")
        self._say = say

    @property
    def url(self) -> str | None:
        """Where it runs; None if it does not."""
        return self._url_file.read_text().strip() if self.pid is not None else None

    @property
    def pid(self) -> int | None:
        """Its process; None if it does not run."""
        return self._daemon.pid

    @property
    def since(self) -> datetime:
        """When the one that runs was started."""
        return datetime.fromtimestamp(self._url_file.stat().st_mtime, UTC)

    def start(self, port: int | None) -> str:
        """Start it and wait until it is ready; its URL. Raises EngineError."""
        if self._daemon.died:
            self._say("the embedded AWS of last time had ended without being stopped; starting another")
        if not PYTHON.exists():
            raise EngineError(f"{shown(PYTHON)} is missing; `make up` makes it")
        if port is not None and (taken := _taken(port)):
            raise EngineError(f"port {port} {taken}; choose another, or name none and a free one is taken")
        if port is None:
            port = free_port() if _taken(PORT) else PORT
            if port != PORT:
                self._say(f"port {PORT} is in use; taking {port}")
        url, started_at = f"http://127.0.0.1:{port}", time.monotonic()
        command = [str(PYTHON), "-m", "local.engine", "--port", str(port)]
        self._url_file.write_text(url + "\n")
        self._daemon.start(command, cwd=ROOT, environment=isolated(os.environ, url), log=self.log)
        self._wait_until_ready(url)
        self._say(f"the embedded AWS is up on {url} ({time.monotonic() - started_at:.1f} s)")
        return url

    def stop(self) -> bool:
        """Stop it, if it runs; whether it did."""
        if self._daemon.died:
            self._say(f"the embedded AWS had ended by itself; its last words are in {shown(self.log)}")
        ran = self._daemon.stop()
        self._url_file.unlink(missing_ok=True)
        return ran

    def _wait_until_ready(self, url: str) -> None:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        deadline = time.monotonic() + START_TIMEOUT_S
        while self.pid is not None and time.monotonic() < deadline:
            with contextlib.suppress(OSError), opener.open(f"{url}/_ministack/ready", timeout=2):
                return
            time.sleep(0.05)
        why = "did not become ready in time" if self._daemon.stop() else "ended at once"
        raise EngineError(f"the embedded AWS {why}; the end of {shown(self.log)}:\n{tail(self.log)}")


def shown(path: Path) -> str:
    """The path as one would type it."""
    with contextlib.suppress(ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)


def tail(log: Path) -> str:
    """The last lines of a log."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return "\n".join(lines[-_TAIL_LINES:])


def _taken(port: int) -> str:
    """Why the port is unavailable; "" if it is free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            return "is kept by the system for its administrator"
        except OSError:
            return "is in use"
        return ""
