"""The meter's page: GET /_onlyonce/meter is what was counted, DELETE sets it back."""

from typing import Any

from local.engine.mends.ses import routes
from local.engine.meter import tables
from local.engine.meter.counts import counts

WHOLE = ("executions", "transitions", "sqs_requests", "events", "scheduled", "scanned_bytes", "asked", "accepted")
S3_WRITES = ("Put", "Post", "Copy", "List", "CreateMultipart", "UploadPart", "POST")
S3_FREE = ("Delete",)


def snapshot() -> dict[str, Any]:
    """As `Metered` of the bill (ops/bill/metered.py) has it."""
    calls = _whole("calls")
    s3 = {name.removeprefix("s3."): number for name, number in calls.items() if name.startswith("s3.")}
    writes = sum(number for name, number in s3.items() if name.startswith(S3_WRITES))
    return {
        "calls": calls,
        "written": counts.of("written"),
        "read": counts.of("read"),
        "invocations": _whole("invocations"),
        "billed": counts.of("billed"),
        "logged": _whole("logged"),
        "metrics": len(counts.of("metrics")),
        "s3_writes": writes,
        "s3_reads": sum(number for name, number in s3.items() if not name.startswith(S3_FREE)) - writes,
        "stored_bytes": tables.stored_bytes(),
        "backed_up_bytes": tables.stored_bytes(backed_up=True),
        **{item: int(counts.sum(item)) for item in WHOLE},
    }


def _whole(item: str) -> dict[str, int]:
    return {name: int(number) for name, number in sorted(counts.of(item).items())}


def _show(_: routes.Request) -> routes.Response:
    return routes.json_response(snapshot())


def _reset(_: routes.Request) -> routes.Response:
    counts.reset()
    return routes.json_response(snapshot())


def install() -> None:
    routes.add_own("GET", "meter", _show)
    routes.add_own("DELETE", "meter", _reset)
