"""How long each call takes in the benchmark: declared, so that everybody who runs it has the same AWS."""

from collections.abc import Mapping

Latencies = Mapping[str, tuple[float, float]]
"""Milliseconds of a call, and besides for each of its items, by operation; "" for all others."""
LATENCIES_MS: Latencies = {
    "BatchExecuteStatement": (15, 0.2),
    "PutItem": (5, 0),
    "GetQueryResults": (150, 0),
    "": (5, 0),
}
