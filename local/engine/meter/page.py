"""The meter's page: GET /_onlyonce/meter is what was counted, DELETE sets it back."""

from typing import Any

from local.engine.mends.ses import routes
from local.engine.meter.counts import counts


def snapshot() -> dict[str, Any]:
    calls = counts.of("calls")
    return {
        "calls": {name: int(number) for name, number in sorted(calls.items())},
        "written": counts.of("written"),
        "read": counts.of("read"),
        "executions": int(counts.sum("executions")),
        "transitions": int(counts.sum("transitions")),
        "invocations": {name: int(number) for name, number in counts.of("invocations").items()},
        "billed": counts.of("billed"),
        "logged": {name: int(number) for name, number in counts.of("logged").items()},
        "metrics": len(counts.of("metrics")),
        "sqs_requests": int(counts.sum("sqs_requests")),
        "events": int(counts.sum("events")),
        "scheduled": int(counts.sum("scheduled")),
        "s3_writes": int(counts.sum("s3_writes")),
        "s3_reads": int(counts.sum("s3_reads")),
        "scanned_bytes": int(counts.sum("scanned_bytes")),
        "asked": int(sum(number for name, number in calls.items() if name.startswith("ses.Send"))),
        "accepted": int(counts.sum("accepted")),
        "stored_bytes": 0,
        "backed_up_bytes": 0,
    }


def _show(_: routes.Request) -> routes.Response:
    return routes.json_response(snapshot())


def _reset(_: routes.Request) -> routes.Response:
    counts.reset()
    return routes.json_response(snapshot())


def install() -> None:
    routes.add_own("GET", "meter", _show)
    routes.add_own("DELETE", "meter", _reset)
