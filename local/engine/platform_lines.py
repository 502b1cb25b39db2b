"""What Lambda itself writes into a function's log around each run (source: lambda-log-lines, lambda-log-levels).

As text: INIT_START where an environment was started, START, END, REPORT. As JSON: platform.initStart, platform.start and
platform.report, where SystemLogLevel is INFO, which it is by default; at WARN nothing but the runtimeDone and the report of a run
that failed. Not modelled: DEBUG, which is taken for INFO, and the lines of X-Ray.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from local.engine.run import Run

RUNTIME_VERSION = "v30"
RUNTIME_ARN = f"arn:aws:lambda:us-east-1::runtime:{'0' * 64}"
"""As long as AWS's own."""
Config = dict[str, Any]


def around(printed: list[str], config: Config, request_id: str, run: Run, used_mb: int) -> list[str]:
    """The lines of one run, in their order."""
    logging = config.get("LoggingConfig") or {}
    if logging.get("LogFormat") != "JSON":
        return list(_text(printed, config, request_id, run, used_mb))
    quiet = logging.get("SystemLogLevel") == "WARN"
    before = [] if quiet else list(_before(config, request_id, run))
    return [*before, *printed, *_after(config, request_id, run, used_mb, quiet=quiet)]


def _text(printed: list[str], config: Config, request_id: str, run: Run, used_mb: int) -> Iterator[str]:
    if run.start_ms is not None:
        yield f"INIT_START Runtime Version: {_runtime(config)}\tRuntime Version ARN: {RUNTIME_ARN}"
    yield f"START RequestId: {request_id} Version: {config.get('Version', '$LATEST')}"
    yield from printed
    yield f"END RequestId: {request_id}"
    start = "" if run.start_ms is None else f"Init Duration: {run.start_ms} ms\t"
    yield (
        f"REPORT RequestId: {request_id}\tDuration: {run.duration_ms} ms\tBilled Duration: {run.billed_ms} ms\t"
        f"Memory Size: {_memory(config)} MB\tMax Memory Used: {used_mb} MB\t{start}"
    )


def _before(config: Config, request_id: str, run: Run) -> Iterator[str]:
    version = config.get("Version", "$LATEST")
    if run.start_ms is not None:
        about = {"initializationType": "on-demand", "phase": "init", "runtimeVersion": _runtime(config)}
        named = {"functionName": config["FunctionName"], "functionVersion": version}
        yield _event("initStart", {**about, "runtimeVersionArn": RUNTIME_ARN, **named})
    yield _event("start", {"requestId": request_id, "version": version})


def _after(config: Config, request_id: str, run: Run, used_mb: int, *, quiet: bool) -> Iterator[str]:
    """The end of the run."""
    if quiet and not run.failed:
        return
    metrics = {"durationMs": run.duration_ms, "billedDurationMs": run.billed_ms, "memorySizeMB": _memory(config)}
    metrics |= {"maxMemoryUsedMB": used_mb, **({} if run.start_ms is None else {"initDurationMs": run.start_ms})}
    status = "error" if run.failed else "success"
    if run.failed:
        yield _event("runtimeDone", {"requestId": request_id, "status": status})
    yield _event("report", {"requestId": request_id, "metrics": metrics, "status": status})


def _event(kind: str, record: dict[str, Any]) -> str:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"time": now, "type": f"platform.{kind}", "record": record}, separators=(",", ":"))


def _runtime(config: Config) -> str:
    return f"{str(config.get('Runtime', '')).replace('python', 'python:')}.{RUNTIME_VERSION}"


def _memory(config: Config) -> int:
    return int(config.get("MemorySize", 128))
