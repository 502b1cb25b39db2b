"""A process that outlives the command that started it, and that can be found and stopped again without hitting another.

The process is written down with the time at which it started, as the operating system tells it: a pid alone is
given to another process after a crash or a reboot.
"""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

STOP_TIMEOUT_S = 10.0
_POLL_S = 0.05
_PROC = Path("/proc")
_INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Daemon:
    """The process written down in `pid_file`, if it is still that process."""

    def __init__(self, pid_file: Path) -> None:
        self._pid_file = pid_file

    def start(self, command: Sequence[str], *, cwd: Path, environment: Mapping[str, str], log: Path) -> int:
        """Start `command` in a session of its own; return its pid. Its output is in `log`, written anew and for the user alone.

        Ctrl-C waits until the process is written down: nothing runs that `stop` does not find.
        """
        with _written_anew(log) as output, uninterrupted():
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
            partial = self._pid_file.with_suffix(".partial")
            partial.write_text(f"{process.pid} {_started_at(process.pid)}\n")
            partial.replace(self._pid_file)
        return process.pid

    @property
    def pid(self) -> int | None:
        """The running process's pid; None if it has ended, or if another process has its pid now."""
        try:
            pid, started_at = self._pid_file.read_text().strip().split(" ", 1)
            return int(pid) if started_at and _started_at(int(pid)) == started_at else None
        except (FileNotFoundError, ValueError):
            return None

    @property
    def died(self) -> bool:
        """Whether it has ended, and not by `stop`."""
        return self._pid_file.exists() and self.pid is None

    def stop(self) -> bool:
        """Stop it, by force after STOP_TIMEOUT_S together with the processes of its session; whether it ran."""
        pid = self.pid
        if pid is not None:
            os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + STOP_TIMEOUT_S
            while self.pid is not None and time.monotonic() < deadline:
                time.sleep(_POLL_S)
            if self.pid is not None:
                os.killpg(pid, signal.SIGKILL)
        self._pid_file.unlink(missing_ok=True)
        return pid is not None


def _written_anew(log: Path) -> IO[bytes]:
    """A console's log holds the token that opens its pages."""
    log.unlink(missing_ok=True)
    return os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """A signal that would end this process comes after what is done in here. In a thread it changes nothing: only the main
    thread is interrupted.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {number: signal.signal(number, lambda one, _: came.append(one)) for number in _INTERRUPTIONS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])


def _started_at(pid: int) -> str:
    """When the process started, in the system's own terms; empty if it runs no more. A zombie does not run."""
    if _PROC.is_dir():
        return _ticks(pid)
    asked = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, started_at = asked.stdout.strip().partition(" ")
    return "" if state.startswith("Z") else " ".join(started_at.split())


def _ticks(pid: int) -> str:
    """The process's start in clock ticks since boot (source: proc_pid_stat(5), fields 3 and 22)."""
    try:
        after_name = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if after_name[0] in "ZX" else after_name[19]
