"""Runs one handler of this checkout in this process, against the stack that is up.

    python -m local invoke producer [--event '{"period": "2026-10"}']

An edit counts without a deployment, and a breakpoint stops here: `make invoke` is for that. The environment and the time limit
are those of the deployed function. Prints what the handler logs and returns. Exit status 1 if it raises, 2 if nothing was run.
"""

import argparse
import importlib
import json
import os
import sys
import time
import uuid
from collections.abc import Mapping
from typing import Any

from local.stack.deployment import Deployment
from local.stack.detached_engine import DetachedEngine
from local.stack.embedded_aws import ROOT
from local.stack.isolation import isolated
from local.stack.stack import FOLDER

HANDLERS = sorted(file.stem for file in (ROOT / "handlers").glob("[!_]*.py"))


class Context:
    """What a handler uses of the context object (source: Lambda developer guide, "context object in Python")."""

    def __init__(self, timeout_s: float) -> None:
        self.aws_request_id = str(uuid.uuid4())
        self._ends_at = time.monotonic() + timeout_s

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the deployed function would time out; 0 when that is past."""
        return max(0, int(1000 * (self._ends_at - time.monotonic())))


def invoke(deployment: Deployment, name: str, event: Any) -> Any:
    """What the handler returns. The process is the function's from then on: its environment is replaced. Raises what the
    handler raises.
    """
    function = deployment.client("lambda").get_function_configuration(
        FunctionName=deployment.outputs()[f"{name.capitalize()}FunctionName"]
    )
    variables = environment(os.environ, function, deployment.url)
    os.environ.clear()
    os.environ.update(variables)
    return importlib.import_module(f"handlers.{name}").handler(event, Context(function["Timeout"]))


def environment(own: Mapping[str, str], function: Mapping[str, Any], url: str) -> dict[str, str]:
    """The function's variables in a shell that can reach nothing but the embedded AWS on `url`."""
    deployed = isolated({**own, **function["Environment"]["Variables"]}, url)
    return {**deployed, "AWS_LAMBDA_FUNCTION_NAME": function["FunctionName"]}


def _event(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"it is not JSON: {error}") from error


def main() -> int:
    """Run it from the command line."""
    parser = argparse.ArgumentParser(prog="python -m local invoke", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("function", choices=HANDLERS)
    parser.add_argument("--event", type=_event, default={}, help="as JSON; default: {}")
    given = parser.parse_args()
    url = DetachedEngine(FOLDER, print).url
    if url is None:
        print("no embedded AWS is up here: `make up` or `make demo` starts one", file=sys.stderr)
        return 2
    print(json.dumps(invoke(Deployment(url), given.function, given.event), indent=2))
    return 0
