"""A dashboard that CloudWatch can't draw is refused, however it comes.

AWS (cw-dashboard-body): the body is a JSON object with at most 500 widgets; a widget has a type, properties, and a place in a
grid 24 columns wide; one of metrics names its region, and metrics or alarms. PutDashboard refuses another body as
InvalidParameterInput, with what is wrong; a stack with it fails.

MiniStack takes every text. Not modelled: the names of single properties, and the syntax of expressions and searches.
"""

import json
from collections.abc import Iterator
from typing import Any

from ministack.services import cloudwatch

from local.engine.mending import replace

MOST_WIDGETS = 500
TYPES = ("alarm", "chart", "custom", "explorer", "log", "metric", "text")
RANGES = {"x": (0, 23), "y": (0, 1_000_000), "width": (1, 24), "height": (1, 1000)}


class MalformedDashboardError(ValueError):
    """What is wrong with a dashboard's body."""


def check(body: str) -> None:
    """Raises MalformedDashboardError."""
    try:
        dashboard = json.loads(body)
    except ValueError:
        raise MalformedDashboardError("The field DashboardBody must be a valid JSON object") from None
    widgets = dashboard.get("widgets") if isinstance(dashboard, dict) else None
    if not isinstance(widgets, list) or len(widgets) > MOST_WIDGETS:
        raise MalformedDashboardError(f"The dashboard body must have a field widgets: a list of at most {MOST_WIDGETS}")
    faults = [f"/widgets/{number}: {fault}" for number, widget in enumerate(widgets) for fault in _faults(widget)]
    if faults:
        raise MalformedDashboardError("; ".join(faults))


def _faults(widget: dict[str, Any]) -> Iterator[str]:
    properties = widget.get("properties")
    if widget.get("type") not in TYPES or not isinstance(properties, dict):
        yield f"must have properties, and one of these types: {', '.join(TYPES)}"
        return
    for name, (least, most) in RANGES.items():
        if not isinstance(value := widget.get(name, least), int) or not least <= value <= most:
            yield f"{name} must be an integer from {least} to {most}"
    if widget["type"] == "metric":
        yield from _faults_of_metrics(properties)
    if widget["type"] == "text" and not isinstance(properties.get("markdown"), str):
        yield "a text has a markdown"


def _faults_of_metrics(properties: dict[str, Any]) -> Iterator[str]:
    if not properties.get("region"):
        yield "metrics have a region"
    metrics, alarms = properties.get("metrics"), (properties.get("annotations") or {}).get("alarms")
    if not metrics and not alarms:
        yield "there are neither metrics nor alarms"
    if not all(isinstance(metric, list) and metric for metric in metrics or []):
        yield "each metric is a list: namespace, name, dimensions, options"


def mend() -> None:
    """Check each dashboard before it is kept."""

    def put(name: str, body: str) -> Any:
        check(body)
        return stock_put(name, body)

    def handle(params: Any, request: dict[str, Any], is_cbor: bool, is_json: bool = False) -> Any:
        try:
            return stock_handle(params, request, is_cbor, is_json)
        except MalformedDashboardError as error:
            said = f"The dashboard body is invalid: {error}"
            return cloudwatch._error("InvalidParameterInput", said, 400, use_json=is_json, use_cbor=is_cbor)

    stock_put = replace(cloudwatch, "cloudformation_put_dashboard", put)
    stock_handle = replace(cloudwatch, "_put_dashboard", handle)
