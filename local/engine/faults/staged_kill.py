"""Killing a function in the middle of its work, at a moment that can be named.

    PUT    /_onlyonce/faults  {"table": T, "new_items": N, "function": F} arms one fault; "pid": P in the function's place
    GET    /_onlyonce/faults  what is armed, how many new items it has counted, and which processes it killed
    DELETE /_onlyonce/faults  disarms it

When table T has received its N-th new item since the arming, the processes that run function F, or the process P, are killed
with SIGKILL. The request that wrote the item ends there: of a BatchExecuteStatement, which is not atomic on AWS, the
statements before it are carried out and those after it never are. The process that asked is dead and hears nothing;
what invoked the function hears Runtime.ExitError. The item itself is stored and in the table's stream.
"""

import os
import signal
import threading
from dataclasses import asdict, dataclass, field
from typing import Any

from ministack.services import dynamodb

from local.engine.faults import workers
from local.engine.mending import replace
from local.engine.mends.ses import routes

_WANTED: tuple[dict[str, type], ...] = (
    {"table": str, "new_items": int, "function": str},
    {"table": str, "new_items": int, "pid": int},
)


class RequestCutError(Exception):
    """The request ended where its sender was killed."""


@dataclass
class Fault:
    """One armed fault; it fires once."""

    table: str
    new_items: int
    function: str = ""
    pid: int = 0
    counted: int = 0
    killed_pids: list[int] = field(default_factory=list)


_armed: Fault | None = None
_counting = threading.Lock()


def install() -> None:
    """Answer the URLs, and count what goes into the tables' streams."""
    routes.add_own("PUT", "faults", _arm)
    routes.add_own("GET", "faults", _show)
    routes.add_own("DELETE", "faults", _disarm)

    def emit(table_name: str, event_name: str, *images: Any, **options: Any) -> Any:
        emitted = stock_emit(table_name, event_name, *images, **options)
        if event_name == "INSERT":
            _count(table_name)
        return emitted

    stock_emit = replace(dynamodb, "_emit_stream_event", emit)


def _count(table_name: str) -> None:
    with _counting:
        fault = _armed
        if fault is None or fault.table != table_name or fault.counted == fault.new_items:
            return
        fault.counted += 1
        if fault.counted < fault.new_items:
            return
    if fault.pid:
        os.kill(fault.pid, signal.SIGKILL)
        fault.killed_pids = [fault.pid]
    else:
        fault.killed_pids = [workers.kill(worker) for worker in workers.busy([fault.function])]
    raise RequestCutError(
        f"{fault.function or fault.pid} was killed after {fault.counted} new items in {table_name}, as armed"
    )


def _arm(request: routes.Request) -> routes.Response:
    global _armed
    if {name: type(value) for name, value in request.body.items()} not in _WANTED or request.body["new_items"] < 1:
        wanted = '{"table": text, "new_items": whole number from 1, "function": text, or "pid": whole number}'
        return routes.json_response({"message": f"A fault is {wanted}."}, 400)
    _armed = Fault(**request.body)
    return _show(request)


def _disarm(request: routes.Request) -> routes.Response:
    global _armed
    _armed = None
    return _show(request)


def _show(_: routes.Request) -> routes.Response:
    return routes.json_response(asdict(_armed) if _armed else {})
