"""A metric is kept by the minute, for 15 days, whatever thread measures it.

AWS (cw-retention, cw-minutes): at standard resolution a measurement belongs to its minute, and minutes are kept 15 days.

MiniStack keeps each measurement by itself for 14 days, looks through all of them with each request, and loses what is measured
meanwhile. Not modelled: high resolution, and the coarser datapoints that AWS keeps longer.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from ministack.services import cloudwatch

from local.engine.mending import replace

MINUTE = 60
KEPT_S = 15 * 24 * 3600
_EVICTS_EVERY_S = 3600
_SAME_MINUTE = 8
"""How many points back an equal one is looked for: a minute has few values, or all of them differ."""
_stock_store = cloudwatch._store_datum
_lock = threading.Lock()
_evicted_at = time.monotonic()

Point = dict[str, Any]


def add(
    namespace: str, name: str, dimensions: Mapping[str, str], unit: str, at: float, value: float, count: float = 1.0
) -> None:
    """So often was that value measured, at `at` (seconds since 1970)."""
    minute = at // MINUTE * MINUTE
    with _lock:
        bucket = cloudwatch._metric_bucket((namespace, name, cloudwatch._dims_key(dimensions)))
        for point in bucket[-_SAME_MINUTE:]:
            if (point["Timestamp"], point["Value"], point["Unit"]) == (minute, value, unit) and "_stat" not in point:
                point["Count"] = point.get("Count", 1.0) + count
                return
        bucket.append(
            {"Timestamp": minute, "Value": value, "Count": count, "Unit": unit, "Dimensions": dict(dimensions)}
        )


def of_metric(namespace: str, name: str, dimensions: Mapping[str, str]) -> list[Point]:
    """What was measured of the one metric that has exactly these dimensions."""
    return list(cloudwatch._metrics.get((namespace, name, cloudwatch._dims_key(dimensions))) or ())


def record(
    namespace: str, metric_name: str, value: float, unit: str = "None", dimensions: Mapping[str, str] | None = None
) -> None:
    """One measurement of a service, now."""
    add(namespace, metric_name, dimensions or {}, unit, time.time(), float(value))


def store_datum(
    namespace: str,
    name: str,
    dimensions: Mapping[str, str],
    at: float,
    unit: str,
    value: float | None,
    values: Sequence[float] | None,
    counts: Sequence[float] | None,
    statistics: Mapping[str, float] | None,
) -> None:
    """One datum of PutMetricData: a value, values with their counts, or statistics."""
    if statistics is not None and values is None:
        _stock_store(namespace, name, dimensions, at // MINUTE * MINUTE, unit, value, values, counts, statistics)
        return
    found = [float(value or 0)] if values is None else [float(each) for each in values]
    for each, count in zip(found, counts or [1.0] * len(found), strict=False):
        add(namespace, name, dimensions, unit, at, each, float(count))


def evict() -> None:
    """Forget, now and then, what is too old."""
    global _evicted_at
    if time.monotonic() - _evicted_at < _EVICTS_EVERY_S:
        return
    _evicted_at, oldest = time.monotonic(), time.time() - KEPT_S
    with _lock:
        for key, bucket in cloudwatch._metrics.items():
            cloudwatch._metrics[key] = [point for point in bucket if point["Timestamp"] >= oldest]
            if not cloudwatch._metrics[key]:
                del cloudwatch._metrics[key]


def mend() -> None:
    """Keep by the minute what services and PutMetricData measure."""
    replace(cloudwatch, "_store_datum", store_datum)
    replace(cloudwatch, "record_metric", record)
    replace(cloudwatch, "_evict_old_metrics", evict)
