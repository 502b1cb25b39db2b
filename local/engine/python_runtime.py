"""The Python runtime inside a Lambda worker process: import the handler once, then one event after another.

Started by python_worker.py as `python -P python_runtime.py EVENTS_FD RESULTS_FD`; events and results are JSON lines
on those two pipes, so that stdout and stderr belong to the handler, as on AWS. It imports nothing of the checkout.

The error payloads are those of AWS's runtime interface client (source: Lambda developer guide, "Lambda function
errors in Python"; awslambdaric): {"errorMessage", "errorType", "requestId", "stackTrace"}, errorType being the
exception's bare class name, or Runtime.* where the fault lies in the package and not in the handler's run.
"""

import importlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any

Handler = Callable[[Any, "Context"], Any]
# Ends what one invocation has written; U+0001 cannot come from a print of text by accident.
END_OF_LOG = "\x01end-of-invocation\x01"


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


def main(events_fd: int, results_fd: int) -> None:
    """Load the handler, say so, and serve until the events end."""
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    with os.fdopen(events_fd) as events, os.fdopen(results_fd, "w") as results:
        try:
            handler = load_handler(os.environ["_HANDLER"])
        except Exception as error:
            print(json.dumps({"raised": logged(failure(error, ""))}), file=results, flush=True)
            return
        print(json.dumps({"ready": True}), file=results, flush=True)
        for line in events:
            result = run_once(handler, json.loads(line))
            sys.stderr.flush()
            print(END_OF_LOG, flush=True)
            print(result, file=results, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
