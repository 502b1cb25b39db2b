"""A Lambda execution environment for Python: one process that serves one invocation after another.

It keeps MiniStack's Worker interface (pooling, leasing and killing stay MiniStack's) and replaces how the process is
made and talked to.
"""

import json
import os
import select
import signal
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ministack.core.lambda_runtime import Worker

from local.engine.fork_server import (
    LOG_STREAM,
    ForkServerEndedError,
    ForkServerTimedOutError,
    ended_environment,
    server_of,
)
from local.engine.function_package import environment_of, unpacked
from local.engine.run import Run
from local.engine.worker_log import WorkerLog

# AWS gives initialization 10 s of its own (source: Lambda developer guide, "execution environment lifecycle").
INIT_TIMEOUT_S = 10.0


class WorkerExitedError(Exception):
    """The worker process ended before it answered."""


class WorkerTimedOutError(Exception):
    """The worker process did not answer in time."""


class PythonWorker(Worker):  # type: ignore[misc]  # MiniStack has no types
    """One Python process. It survives an exception of the handler; a timeout or an exit loses it, as on AWS."""

    _environment = ""

    def invoke(
        self, event: Any, request_id: str, *, trace_id: str | None = None, invoked_function_arn: str | None = None
    ) -> dict[str, Any]:
        """Run one event: {"returned": value} or {"raised": error payload}, with the "log" that it wrote and its "run".

        The event is delivered at most once, whatever happens: a second run would be a retry that AWS does not do.
        """
        with self._lock:
            run = Run()
            outcome = self._outcome(run, event, request_id, trace_id, invoked_function_arn)
            run.environment, run.failed = self._environment, "raised" in outcome
            return {**outcome, "run": run}

    def _outcome(
        self, run: Run, event: Any, request_id: str, trace_id: str | None, invoked_function_arn: str | None
    ) -> dict[str, Any]:
        timeout_s = float(self.config.get("Timeout", 3))
        try:
            if self._proc is None or self._proc.poll() is not None:
                with run.starting():
                    failed = self._start(time.monotonic() + INIT_TIMEOUT_S + timeout_s)
                if failed:
                    return {**failed, "log": self._log.of_ended_process()}
            envelope = {
                "event": event,
                "request_id": request_id,
                "trace_id": trace_id,
                "function_arn": invoked_function_arn or self.config["FunctionArn"],
                "deadline_ms": int((time.time() + timeout_s) * 1000),
            }
            deadline = time.monotonic() + timeout_s
            with run.running():
                self._send(envelope)
                answer = self._receive(deadline)
            return {**answer, "log": self._log.of_invocation()}
        except WorkerExitedError:
            reason = self._exit_reason()
            return self._lost("Runtime.ExitError", f"RequestId: {request_id} Error: {reason}")
        except WorkerTimedOutError:
            message = f"RequestId: {request_id} Error: Task timed out after {timeout_s:.2f} seconds"
            return self._lost("Sandbox.Timedout", message)

    def _spawn(self) -> None:
        """Start the process ahead of the first invocation (MiniStack calls this for published SnapStart versions)."""
        self._start(time.monotonic() + INIT_TIMEOUT_S)

    def _start(self, deadline: float) -> dict[str, Any] | None:
        """Start the process and wait for its handler; the error payload if there is none to be had."""
        self._close_pipes()
        code = unpacked(self.code_zip)
        variables = environment_of(self.config, code)
        (events_read, events_write), (results_read, results_write), (printed, output) = (os.pipe() for _ in range(3))
        self._events_fd, self._results_fd, self._unread = events_write, results_read, b""
        self._log = WorkerLog(os.fdopen(printed, "rb"))
        try:
            self._fork(code, variables, (events_read, results_write, output), deadline)
        finally:
            for theirs in (events_read, results_write, output):
                os.close(theirs)
        self._environment = uuid.uuid4().hex
        ready = self._receive(deadline)
        return ready if "raised" in ready else None

    def _fork(self, code: Path, variables: dict[str, str], pipes: Sequence[int], deadline: float) -> None:
        """Raises WorkerExitedError if the import ends the process; WorkerTimedOutError if it takes too long."""
        for _ in range(2):  # the first may just have ended because nobody needed it
            server = server_of(code, variables)
            try:
                self._proc = server.fork(variables[LOG_STREAM], pipes, deadline)
                return
            except ForkServerTimedOutError:
                self._proc = ended_environment(-signal.SIGKILL)
                raise WorkerTimedOutError from None
            except ForkServerEndedError as ended:
                self._proc = ended_environment(ended.exit_code)
        raise WorkerExitedError

    def _send(self, envelope: dict[str, Any]) -> None:
        line = memoryview(json.dumps(envelope).encode() + b"\n")
        try:
            while line:
                line = line[os.write(self._events_fd, line) :]
        except BrokenPipeError:
            raise WorkerExitedError from None

    def _receive(self, deadline: float) -> dict[str, Any]:
        """The next result. Raises WorkerExitedError, or WorkerTimedOutError at `deadline` (monotonic seconds)."""
        waiting = select.poll()
        waiting.register(self._results_fd, select.POLLIN)
        chunks = [self._unread]
        while b"\n" not in chunks[-1]:
            if not waiting.poll(max(0.0, deadline - time.monotonic()) * 1000):
                raise WorkerTimedOutError
            chunks.append(os.read(self._results_fd, 1 << 16))
            if not chunks[-1]:
                raise WorkerExitedError
        line, self._unread = b"".join(chunks).split(b"\n", 1)
        result: dict[str, Any] = json.loads(line)
        return result

    def _lost(self, error_type: str, message: str) -> dict[str, Any]:
        """Give this process up (the next invocation starts another) and report the loss."""
        self._proc.kill()
        self._proc.wait()
        return {"raised": {"errorType": error_type, "errorMessage": message}, "log": self._log.of_ended_process()}

    def _exit_reason(self) -> str:
        """How the process ended, in AWS's words."""
        status = self._proc.wait()
        if status == 0:
            return "Runtime exited without providing a reason"
        if status > 0:
            return f"Runtime exited with error: exit status {status}"
        return f"Runtime exited with error: signal: {signal.strsignal(-status) or -status}".lower().replace(
            "runtime", "Runtime", 1
        )

    def _close_pipes(self) -> None:
        for name in ("_events_fd", "_results_fd"):
            descriptor = self.__dict__.pop(name, None)
            if descriptor is not None:
                os.close(descriptor)

    def _discard_tmpdir(self) -> None:
        """Release what the worker holds once its process has been killed (the package stays for the others)."""
        self._close_pipes()
