"""The Python runtime of a function: its handler is imported once, and forked for each execution environment.

Started by fork_server.py as `python -P python_runtime.py CONTROL_FD`. Each request on that socket brings three pipes for one more
environment: its events and its results, as JSON lines, and its output, so that stdout and stderr belong to the handler, as on
AWS. An environment takes as long to start as the import has taken, but no CPU: on AWS each has its own, here a few share
one. It imports nothing of the checkout.

The error payloads are those of AWS's runtime interface client (source: Lambda developer guide, "Lambda function
errors in Python"; awslambdaric): {"errorMessage", "errorType", "requestId", "stackTrace"}, errorType being the
exception's bare class name, or Runtime.* where the fault lies in the package and not in the handler's run.
"""

import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any

Handler = Callable[[Any, "Context"], Any]
# Ends what one invocation has written; U+0001 cannot come from a print of text by accident.
END_OF_LOG = "\x01end-of-invocation\x01"
IDLE_S = 60.0
"""Without an environment for so long the process ends; the next one is forked by another."""


class Context:
    """The context object of one invocation (source: Lambda developer guide, "context object in Python")."""

    identity = None
    client_context = None

    def __init__(self, request_id: str, function_arn: str, deadline_ms: int) -> None:
        self.aws_request_id = request_id
        self.invoked_function_arn = function_arn
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self._deadline_ms = deadline_ms

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the invocation times out; 0 when that is past."""
        return max(0, self._deadline_ms - int(time.time() * 1000))


class PackageError(Exception):
    """The handler cannot be loaded from the deployment package."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(message)
        self.error_type = error_type


def load_handler(name: str) -> Handler:
    """The function that `name` ("module.function", "folder/module.function") means. Raises PackageError."""
    module_name, _, function_name = name.rpartition(".")
    module_name = module_name.replace("/", ".")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        message = f"Unable to import module '{module_name}': {error}"
        raise PackageError("Runtime.ImportModuleError", message) from error
    except SyntaxError as error:
        message = f"Syntax error in module '{module_name}': {error}"
        raise PackageError("Runtime.UserCodeSyntaxError", message) from error
    try:
        handler: Handler = getattr(module, function_name)
    except AttributeError as error:
        message = f"Handler '{function_name}' missing on module '{module_name}'"
        raise PackageError("Runtime.HandlerNotFound", message) from error
    return handler


def failure(error: BaseException, request_id: str) -> dict[str, Any]:
    """The error payload for what a handler, or its import, raised."""
    error_type = error.error_type if isinstance(error, PackageError) else type(error).__name__
    frames = [] if isinstance(error, PackageError) else handler_frames(error.__traceback__)
    return {"errorMessage": str(error), "errorType": error_type, "requestId": request_id, "stackTrace": frames}


def logged(payload: dict[str, Any]) -> dict[str, Any]:
    """The error payload, after it was logged as AWS's runtime does: without the errors that it was caused by."""
    print(f"[ERROR] {payload['errorType']}: {payload['errorMessage']}", "Traceback (most recent call last):", sep="\n")
    print(*payload["stackTrace"], sep="", flush=True)
    return payload


def handler_frames(trace: TracebackType | None) -> list[str]:
    """The formatted stack without this file's own frames."""
    return traceback.format_list([f for f in traceback.extract_tb(trace) if f.filename != __file__])


def run_once(handler: Handler, envelope: dict[str, Any]) -> str:
    """Run the handler on one event; the result line is {"returned": ...} or {"raised": payload}."""
    request_id = envelope["request_id"]
    os.environ.pop("_X_AMZN_TRACE_ID", None)
    if envelope["trace_id"]:
        os.environ["_X_AMZN_TRACE_ID"] = envelope["trace_id"]
    try:
        returned = handler(envelope["event"], Context(request_id, envelope["function_arn"], envelope["deadline_ms"]))
    except Exception as error:
        return json.dumps({"raised": logged(failure(error, request_id))})
    try:
        return json.dumps({"returned": returned})
    except (TypeError, ValueError) as error:
        fault = PackageError("Runtime.MarshalError", f"Unable to marshal response: {error}")
        return json.dumps({"raised": failure(fault, request_id)})


def serve(handler: Handler | Exception, events_fd: int, results_fd: int) -> None:
    """One event after another until they end; without a handler, only why there is none."""
    with os.fdopen(events_fd) as events, os.fdopen(results_fd, "w") as results:
        if isinstance(handler, Exception):
            print(json.dumps({"raised": logged(failure(handler, ""))}), file=results, flush=True)
            return
        print(json.dumps({"ready": True}), file=results, flush=True)
        for line in events:
            result = run_once(handler, json.loads(line))
            sys.stderr.flush()
            print(END_OF_LOG, flush=True)
            print(result, file=results, flush=True)


def next_environment(control: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """Forks for each request. Returns in each child, with what it was asked for and its pipes; in the parent when nobody asks
    any more: None.
    """
    children: set[int] = set()
    child_ended, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(woken)
    while True:
        readable, _, _ = select.select([control.fileno(), child_ended], [], [], None if children else IDLE_S)
        if child_ended in readable:
            os.read(child_ended, 1 << 10)
            _tell_ended(children, control)
        if control.fileno() in readable or not readable:
            asked, pipes, _, _ = socket.recv_fds(control, 1 << 10, 3) if readable else (b"", [], 0, None)
            if not asked:
                return None
            pid = os.fork()
            if not pid:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for inherited in (child_ended, woken):
                    os.close(inherited)
                return json.loads(asked), pipes
            children.add(pid)
            for pipe in pipes:
                os.close(pipe)
            control.sendall(json.dumps({"forked": pid}).encode() + b"\n")


def _tell_ended(children: set[int], control: socket.socket) -> None:
    for pid in list(children):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            children.remove(pid)
            told = {"ended": pid, "exit_code": os.waitstatus_to_exitcode(status)}
            control.sendall(json.dumps(told).encode() + b"\n")


def become_environment(asked: dict[str, Any], output_fd: int, took_s: float) -> None:
    """Takes the output over, what the import has printed included, and starts no sooner than an import of its own would."""
    printed = os.pread(1, os.fstat(1).st_size, 0)
    for own in (1, 2):
        os.dup2(output_fd, own)
    os.close(output_fd)
    while printed:
        printed = printed[os.write(1, printed) :]
    os.environ["AWS_LAMBDA_LOG_STREAM_NAME"] = asked["log_stream"]
    time.sleep(max(0.0, asked["asked_at"] + took_s - time.monotonic()))


def main(control_fd: int) -> None:
    """Load the handler, and fork until nobody asks any more."""
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    try:
        handler: Handler | Exception = load_handler(os.environ["_HANDLER"])
    except Exception as error:
        handler = error
    sys.stdout.flush()
    took_s = time.process_time()
    gc.freeze()  # else the first collection in each child copies every page
    with socket.socket(fileno=control_fd) as control:
        environment = next_environment(control)
    if environment:
        asked, (events_fd, results_fd, output_fd) = environment
        become_environment(asked, output_fd, took_s)
        serve(handler, events_fd, results_fd)


if __name__ == "__main__":
    main(int(sys.argv[1]))
