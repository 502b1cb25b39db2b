"""A stream batch that is delivered twice.

A stream's records come at least once (source: Lambda developer guide, "Process DynamoDB records with Lambda"): when
what the function answered is lost, it gets the same records again, and the second answer counts.
"""

from collections.abc import Callable
from typing import Any

from local.engine.mending import replace
from local.engine.stream_mapping import StreamMapping


def install(delivers_twice: Callable[[], bool]) -> None:
    """Ask `delivers_twice` once for each batch that reached its function, and hand it over again where it says so."""

    def invoke(mapping: StreamMapping, records: list[dict[str, Any]]) -> dict[str, Any]:
        answer: dict[str, Any] = stock_invoke(mapping, records)
        if not answer.get("throttle") and delivers_twice():
            answer = stock_invoke(mapping, records)
        return answer

    stock_invoke = replace(StreamMapping, "_invoke", invoke)
