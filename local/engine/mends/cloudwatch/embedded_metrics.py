"""What a function prints in Embedded Metric Format becomes metrics.

AWS (emf-format): a log event that is a JSON object with `_aws.CloudWatchMetrics` names metrics whose values, a number or a list
of numbers, stand at its root, once for each set of dimensions, at the line's own Timestamp. What is malformed is a log line
like any other. What was printed counts, also of a function that was killed.

MiniStack reads nothing out of logs. Not modelled: lines that come by PutLogEvents.
"""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ministack.services import lambda_svc

from local.engine.mending import replace
from local.engine.mends.cloudwatch import points

MARK = '"_aws"'
OLDEST_S, NEWEST_S = 14 * 24 * 3600, 2 * 3600
"""How far from now a line's Timestamp may lie, back and ahead (source: emf-format)."""


@dataclass(frozen=True)
class Measurement:
    """Values of one metric with one set of dimensions."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    unit: str
    at: float
    values: tuple[float, ...]


def measurements(line: str) -> Iterator[Measurement]:
    """What the line measures; nothing if it is no such line."""
    if MARK not in line:
        return
    try:
        root = json.loads(line)
        at = root["_aws"]["Timestamp"] / 1000
        for directive in root["_aws"]["CloudWatchMetrics"]:
            yield from _directed(root, directive, at)
    except (ValueError, KeyError, TypeError):
        return


def _directed(root: dict[str, Any], directive: dict[str, Any], at: float) -> Iterator[Measurement]:
    for names in directive["Dimensions"]:
        if not all(isinstance(root.get(name), str) for name in names):
            continue
        dimensions = {name: root[name] for name in names}
        for metric in directive["Metrics"]:
            values = _numbers(root.get(metric["Name"]))
            unit = metric.get("Unit", "None")
            yield Measurement(directive["Namespace"], metric["Name"], dimensions, unit, at, values)


def _numbers(target: Any) -> tuple[float, ...]:
    targets = target if isinstance(target, list) else [target]
    return tuple(float(each) for each in targets if isinstance(each, int | float) and not isinstance(each, bool))


def count(log: str) -> None:
    """Take the metrics out of what one invocation has printed."""
    now = time.time()
    for line in log.splitlines():
        for found in measurements(line):
            if now - OLDEST_S <= found.at <= now + NEWEST_S:
                for value in found.values:
                    points.add(found.namespace, found.name, found.dimensions, found.unit, found.at, value)


def mend() -> None:
    """Read the log of each run of a function."""

    def execute(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        result: dict[str, Any] = stock_execute(func, event, request_id)
        count(result.get("log") or "")
        return result

    stock_execute = replace(lambda_svc, "_execute_function_warm", execute)
