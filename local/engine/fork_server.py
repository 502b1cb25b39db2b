"""The process that has imported a function's handler, and the execution environments that are forked from it.

Each environment on AWS imports the handler with a CPU of its own. Here all share those of one machine: where many start
at once, as at a month's first mails or after a kill, they would wait for each other's imports. So one process
imports, and forks (python_runtime.py); a fork takes as long as the import did, and hardly any CPU.
"""

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

RUNTIME = Path(__file__).with_name("python_runtime.py")
LOG_STREAM = "AWS_LAMBDA_LOG_STREAM_NAME"
"""The one variable in which a function's environments differ."""
_FORKABLE = {"NO_PROXY": "*"}
"""Else macOS is asked for its proxies, in a way that ends a process that was forked. Functions need none: all is here."""


class ForkServerEndedError(Exception):
    """It has ended, and forks nothing any more."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(exit_code)
        self.exit_code = exit_code


class ForkServerTimedOutError(Exception):
    """The handler was not imported in time."""


class Environment:
    """A forked process, with what MiniStack and the faults use of subprocess.Popen."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._ended = threading.Event()

    def end(self, exit_code: int) -> None:
        """Its parent has seen it end."""
        self.returncode = exit_code
        self._ended.set()

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code; negative: the signal's number. Raises subprocess.TimeoutExpired."""
        if not self._ended.wait(timeout) or self.returncode is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
        return self.returncode

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


def ended_environment(exit_code: int) -> Environment:
    """What stands for one that was never forked."""
    environment = Environment(0)
    environment.end(exit_code)
    return environment


class ForkServer:
    """Of one function, as it is configured."""

    def __init__(self, code: Path, variables: dict[str, str]) -> None:
        self._environments: dict[int, Environment] = {}
        self._forked: queue.SimpleQueue[Environment | None] = queue.SimpleQueue()
        self._asking = threading.Lock()
        self._control, theirs = socket.socketpair()
        with theirs, tempfile.TemporaryFile() as printed:  # the environments read it
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(RUNTIME), str(theirs.fileno())],
                cwd=code,
                env={**variables, **_FORKABLE},
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                pass_fds=(theirs.fileno(),),
            )
        threading.Thread(target=self._listen, name="fork-server", daemon=True).start()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def fork(self, log_stream: str, pipes: Sequence[int], deadline: float) -> Environment:
        """One more environment, with the pipes for its events, its results and its output. `deadline`: monotonic seconds.

        Raises ForkServerEndedError; ForkServerTimedOutError, and ends the process.
        """
        asked = {"log_stream": log_stream, "asked_at": time.monotonic()}
        if not self._asking.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise ForkServerTimedOutError
        try:
            socket.send_fds(self._control, [json.dumps(asked).encode()], list(pipes))
            environment = self._forked.get(timeout=max(0.0, deadline - time.monotonic()))
        except OSError:
            environment = None
        except queue.Empty:
            self._process.kill()
            raise ForkServerTimedOutError from None
        finally:
            self._asking.release()
        if environment is None:
            self._forked.put(None)  # for the next who asks
            raise ForkServerEndedError(self._process.wait())
        return environment

    def _listen(self) -> None:
        with self._control, self._control.makefile("rb") as lines, suppress(ConnectionResetError):
            for line in lines:
                self._hear(json.loads(line))
        self._process.wait()
        for environment in list(self._environments.values()):  # who sees them end has gone
            environment.kill()
            environment.end(-signal.SIGKILL)
        self._forked.put(None)

    def _hear(self, told: dict[str, Any]) -> None:
        if "forked" in told:
            environment = self._environments[told["forked"]] = Environment(told["forked"])
            self._forked.put(environment)
        else:
            self._environments.pop(told["ended"]).end(told["exit_code"])


_servers: dict[tuple[Path, frozenset[tuple[str, str]]], ForkServer] = {}
_finding = threading.Lock()


def server_of(code: Path, variables: dict[str, str]) -> ForkServer:
    """The one for a function's files and variables; started if there is none."""
    of_all = {name: value for name, value in variables.items() if name != LOG_STREAM}
    key = code, frozenset(of_all.items())
    with _finding:
        for ended in [key for key, server in _servers.items() if not server.alive]:
            del _servers[ended]
        if key not in _servers:
            _servers[key] = ForkServer(code, of_all)
        return _servers[key]
