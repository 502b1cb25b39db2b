"""A contestant's processes: the producer until it has ended well, the senders for as long as the run lasts."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.stack.embedded_aws import ROOT


class Process:
    """A command that is started again whenever it ends, with all its children in a session of its own."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path, *, until_done: bool) -> None:
        """Start it. `until_done`: status 0 is its end."""
        self._command, self._environment, self._log = command, environment, log
        self._until_done = until_done
        self.starts = 0
        self._start()

    @property
    def done(self) -> bool:
        return self._until_done and self._process.poll() == 0

    def keep_up(self) -> None:
        """Start it again if it has ended, as an operator or systemd would."""
        if self._process.poll() is not None and not self.done:
            self.kill()  # what it has left behind
            self._start()

    def kill(self) -> None:
        """The process and its children, by SIGKILL."""
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        finally:
            self._process.wait()

    def _start(self) -> None:
        self.starts += 1
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=dict(self._environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
