"""The console, `onlyonce console`, as a process of its own that belongs to the embedded AWS beside it."""

import os
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from local.stack.daemon import Daemon
from local.stack.detached_engine import Say, shown, tail
from local.stack.embedded_aws import ROOT
from local.stack.isolation import isolated
from local.stack.stage_settings import STAGE

START_TIMEOUT_S = 20.0
COMMAND = (sys.executable, "-m", "ops.main", "console", "--stage", STAGE, "--no-open")
"""The checkout's own; it finds a free port, and prints its address on a line, with the token that opens its pages."""

_ADDRESS = re.compile(r"^.*?(http://127\.0\.0\.1:\d+\S*).*\n", re.MULTILINE)


class ConsoleError(Exception):
    """The console does not run; the message says why."""


class DetachedConsole:
    """At most one for each `folder`, which holds its pid and its log; its address is in the log."""

    def __init__(self, folder: Path, say: Say, command: Sequence[str] = COMMAND) -> None:
        self.log = folder / "console.log"
        self._daemon = Daemon(folder / "console.pid")
        self._say = say
        self._command = command

    @property
    def address(self) -> str | None:
        """Of its first page, with the token that opens it; None if it does not run, or has not said so yet."""
        return self._said() if self._daemon.pid is not None else None

    def start(self, url: str) -> str:
        """Start it for the embedded AWS at `url`, in the place of one that runs; its address. Raises ConsoleError."""
        self.stop()
        environment = {**isolated(os.environ, url), "PYTHONUNBUFFERED": "1"}
        self._daemon.start(self._command, cwd=ROOT, environment=environment, log=self.log)
        deadline = time.monotonic() + START_TIMEOUT_S
        while self._daemon.pid is not None and time.monotonic() < deadline:
            if address := self._said():
                return address
            time.sleep(0.05)
        why = "named no address in time" if self._daemon.stop() else "ended at once"
        self._daemon.stop()
        raise ConsoleError(f"the console {why}; the end of {shown(self.log)}:\n{tail(self.log)}")

    def stop(self) -> bool:
        """Stop it, if it runs; whether it did."""
        if self._daemon.died:
            self._say(f"the console had ended by itself; its last words are in {shown(self.log)}")
        return self._daemon.stop()

    def _said(self) -> str | None:
        """The first address in its log, once that line is whole."""
        found = _ADDRESS.search(self.log.read_text(errors="replace")) if self.log.exists() else None
        return found[1] if found else None
