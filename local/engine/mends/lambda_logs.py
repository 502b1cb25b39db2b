"""A function's log has what AWS writes into it, one stream for each environment, and CloudWatch Logs measures what it takes in.

AWS (lambda-log-lines, lambda-log-levels, logs-price):
- REPORT tells the handler's duration, what is billed, and what the environment's start has taken, if there was one;
- with the format JSON, Lambda's own lines are JSON, and SystemLogLevel leaves out those below it;
- what a group takes in is measured as IncomingBytes and IncomingLogEvents by LogGroupName.

MiniStack takes the duration for what is billed, knows no other format, makes a stream for each run, and measures nothing.
Decided here, as no page is clear (**to confirm**): a line's end counts as a byte, and the 26 bytes by which a line is larger in
the size of a batch do not count. Not modelled: what the format JSON makes of a line that is none, or adds to one without level or
timestamp, and ApplicationLogLevel.
"""

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from ministack.services import cloudwatch, cloudwatch_logs, lambda_svc

from local.engine.mending import replace
from local.engine.mends.lambda_runtime import last_run
from local.engine.platform_lines import around
from local.engine.run import Run


def on_bytes(group: str, size: int) -> None:
    """Hears of all that groups take in. Replaced by the meter."""


def measure(group: str, messages: Iterable[str]) -> None:
    """A group has taken in these lines."""
    sizes = [len(message.encode()) + 1 for message in messages]
    about = {"LogGroupName": group}
    cloudwatch.record_metric("AWS/Logs", "IncomingBytes", sum(sizes), "Bytes", about)
    cloudwatch.record_metric("AWS/Logs", "IncomingLogEvents", len(sizes), "Count", about)
    on_bytes(group, sum(sizes))


def emit(
    func: dict[str, Any],
    request_id: str,
    log_text: str,
    error: bool,
    duration_ms: int,
    *,
    log_source: str | None = None,  # noqa: ARG001
) -> None:
    """Write down one run of a function."""
    config = func.get("config") or func
    run = last_run.get() or Run(environment=request_id.replace("-", ""), ran_s=duration_ms / 1000, failed=error)
    used_mb = lambda_svc._probe_peak_memory_mb(func)
    lines = around((log_text or "").splitlines(), config, request_id, run, used_mb)
    if not lines:
        return
    name = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{config['FunctionName']}"
    now_ms = int(time.time() * 1000)
    events = [{"timestamp": now_ms, "message": line, "ingestionTime": now_ms} for line in lines]
    stream = f"{datetime.now(UTC):%Y/%m/%d}/[{config.get('Version', '$LATEST')}]{run.environment}"
    cloudwatch_logs._append_log_events(_stream(_group(name, now_ms), stream, now_ms), events)
    cloudwatch_logs._fanout_to_subscription_filters(name, stream, events)
    measure(name, lines)


def _group(name: str, now_ms: int) -> dict[str, Any]:
    if name not in cloudwatch_logs._log_groups:
        cloudwatch_logs._log_groups[name] = {
            "arn": cloudwatch_logs._make_group_arn(name),
            "creationTime": now_ms,
            "retentionInDays": None,
            "tags": {},
            "subscriptionFilters": {},
            "streams": {},
        }
    group: dict[str, Any] = cloudwatch_logs._log_groups[name]
    return group


def _stream(group: dict[str, Any], name: str, now_ms: int) -> dict[str, Any]:
    found: dict[str, Any] = group["streams"].setdefault(
        name,
        {
            "events": [],
            "uploadSequenceToken": "1",
            "creationTime": now_ms,
            "firstEventTimestamp": None,
            "lastEventTimestamp": None,
            "lastIngestionTime": None,
        },
    )
    return found


def mend() -> None:
    """Write functions' logs, and measure what comes by PutLogEvents, too. After lambda_runtime, which says how they run."""

    def put(data: dict[str, Any]) -> Any:
        answer = stock_put(data)
        if answer[0] == 200:
            measure(data["logGroupName"], [event.get("message", "") for event in data.get("logEvents", [])])
        return answer

    replace(lambda_svc, "_emit_lambda_logs", emit)
    stock_put = replace(cloudwatch_logs, "_put_log_events", put)
