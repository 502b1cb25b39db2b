"""deploy/dashboard.js ↔ the metrics that the code writes ↔ what AWS says of a dashboard's body (source: cw-dashboard-body)."""

import json
import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest

from local.stack.embedded_aws import ROOT
from tests.drift.conftest import Counted, Packaged
from tests.drift.documents import anchors
from tests.drift.test_alarms import ALARMS

PROPERTIES = {
    "alarm": ({"alarms"}, {"title", "sortBy", "states"}),
    "text": ({"markdown"}, {"background"}),
    "metric": (
        {"metrics", "region"},
        {"annotations", "legend", "period", "setPeriodToTimeRange", "stacked", "stat", "title", "view", "yAxis"},
    ),
}
"""Of each type of widget that is used: what its properties must have, and what they may have beside that."""
SHOWN = {"color", "id", "label", "stat", "visible", "yAxis"}
COMPUTED = {"color", "expression", "id", "label", "visible", "yAxis"}
FREE_METRICS = 50  # (source: cw-dashboard-price)
OF_AWS = {
    "AWS/DynamoDB": {"ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"},
    "AWS/Lambda": {"Duration", "Errors", "IteratorAge", "Throttles"},
    "AWS/SES": {"Reputation.BounceRate", "Reputation.ComplaintRate"},
    "AWS/SQS": {"ApproximateNumberOfMessagesVisible"},
    "AWS/States": {"ExecutionsStarted"},
}
DIMENSIONS = {
    "FunctionName": "AWS::Lambda::Function",
    "QueueName": "AWS::SQS::Queue",
    "StateMachineArn": "AWS::StepFunctions::StateMachine",
    "TableName": "AWS::DynamoDB::Table",
}
"""What a dimension of AWS's own names."""


@pytest.fixture(scope="module")
def widgets(packaged: Packaged) -> list[dict[str, Any]]:
    text = packaged.resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    found: list[dict[str, Any]] = json.loads(text)["widgets"]
    return found


def metrics(widgets: list[dict[str, Any]]) -> Iterator[tuple[str, str, dict[str, str], dict[str, Any]]]:
    """Namespace, name, dimensions and rendering of each; expressions are left out."""
    for widget in widgets:
        for namespace, name, *dimensions, shown in filter(is_metric, widget["properties"].get("metrics", [])):
            yield namespace, name, dict(zip(dimensions[::2], dimensions[1::2], strict=True)), shown


def is_metric(line: list[Any]) -> bool:
    return isinstance(line[0], str)


def test_every_metric_of_our_own_is_one_that_the_code_counts(
    packaged: Packaged, widgets: list[dict[str, Any]], counted: Counted
) -> None:
    own = [found for found in metrics(widgets) if not found[0].startswith("AWS/")]
    assert len(own) >= 15
    for namespace, name, dimensions, _ in own:
        assert namespace == packaged.function("send")["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"]
        assert list(dimensions) == ["service"]
        assert counted(dimensions["service"], name), f"{dimensions['service']} counts no {name}"


def test_every_metric_of_aws_is_of_something_that_is_deployed(
    packaged: Packaged, widgets: list[dict[str, Any]]
) -> None:
    found = [one for one in metrics(widgets) if one[0].startswith("AWS/")]
    assert {namespace for namespace, *_ in found} == set(OF_AWS)
    for namespace, name, dimensions, _ in found:
        assert name in OF_AWS[namespace]
        for dimension, value in dimensions.items():
            if dimension == "GlobalSecondaryIndexName":
                indexes = packaged.resources["OutboxTable"]["Properties"]["GlobalSecondaryIndexes"]
                assert value in {index["IndexName"] for index in indexes}
            else:
                logical_id = re.fullmatch(r"\$\{(\w+)(?:\.QueueName)?\}", value)
                assert logical_id
                assert packaged.resources[logical_id[1]]["Type"] == DIMENSIONS[dimension]


def test_what_is_written_to_every_index_is_in_the_cost(packaged: Packaged, widgets: list[dict[str, Any]]) -> None:
    indexes = {one["IndexName"] for one in packaged.resources["OutboxTable"]["Properties"]["GlobalSecondaryIndexes"]}
    written = [one[2] for one in metrics(widgets) if one[1] == "ConsumedWriteCapacityUnits"]
    assert {one.get("GlobalSecondaryIndexName", "") for one in written} == {"", *indexes}


def test_a_function_is_charged_by_the_memory_that_it_has(packaged: Packaged, widgets: list[dict[str, Any]]) -> None:
    (work,) = [line[0]["expression"] for line in lines(widgets) if line[0].get("id") == "work"]
    for name in packaged.functions:
        assert f"d_{name} * {packaged.function(name)['MemorySize']} / 1024 / 1000" in work


def lines(widgets: list[dict[str, Any]]) -> Iterator[list[Any]]:
    """The expressions."""
    for widget in widgets:
        yield from (line for line in widget["properties"].get("metrics", []) if not is_metric(line))


def test_every_alarm_is_shown(packaged: Packaged, widgets: list[dict[str, Any]]) -> None:
    (shown,) = [widget["properties"]["alarms"] for widget in widgets if widget["type"] == "alarm"]
    assert set(shown) == {f"${{{name}.Arn}}" for name in packaged.of_type("AWS::CloudWatch::Alarm")}
    assert len(shown) == len(ALARMS) <= 100


def test_no_widget_lies_over_another_or_beside_the_grid(widgets: list[dict[str, Any]]) -> None:
    places = [(one["x"], one["y"], one["width"], one["height"]) for one in widgets]
    for (x, y, width, height), (other_x, other_y, other_width, other_height) in combinations(places, 2):
        beside = x + width <= other_x or other_x + other_width <= x
        below = y + height <= other_y or other_y + other_height <= y
        assert beside or below
    assert all(x >= 0 and y >= 0 and x + width <= 24 and 1 <= height <= 1000 for x, y, width, height in places)
    rows = {y for _, y, _, _ in places}
    assert all(sum(width for _, top, width, _ in places if top == y) == 24 for y in rows), "a row has a hole"


def test_the_body_has_the_structure_that_aws_documents(widgets: list[dict[str, Any]]) -> None:
    for widget in widgets:
        assert set(widget) == {"type", "x", "y", "width", "height", "properties"}
        required, optional = PROPERTIES[widget["type"]]
        assert required <= set(widget["properties"]) <= required | optional
        assert widget["properties"].get("view", "timeSeries") in {"timeSeries", "singleValue"}
    assert all(set(shown) <= SHOWN for *_, shown in metrics(widgets))
    assert all(len(line) == 1 and set(line[0]) <= COMPUTED for line in lines(widgets))


def test_an_expression_knows_what_it_computes_with(widgets: list[dict[str, Any]]) -> None:
    for widget in widgets:
        given = [line[-1] for line in widget["properties"].get("metrics", [])]
        ids = [one["id"] for one in given if "id" in one]
        assert len(set(ids)) == len(ids)
        assert all(re.fullmatch(r"[a-z]\w*", one) for one in ids)
        for one in given:
            used = set(re.findall(r"\b[a-z]\w*", one.get("expression", "")))
            assert used <= set(ids) - {one.get("id")}


def test_the_send_curve_stands_against_the_quotas_line(widgets: list[dict[str, Any]]) -> None:
    (curve,) = [
        widget for widget in widgets if "against what the quota allows" in widget["properties"].get("title", "")
    ]
    used = [(name, dimensions["service"]) for _, name, dimensions, _ in metrics([curve])]
    assert used == [("mark_sent", "send"), ("pace", "sweeper")]


def test_it_is_free_where_the_account_has_no_more_than_three(widgets: list[dict[str, Any]]) -> None:
    assert len(list(metrics(widgets))) <= FREE_METRICS


def test_its_words_lead_to_the_runbook(widgets: list[dict[str, Any]]) -> None:
    (text,) = [widget["properties"]["markdown"] for widget in widgets if widget["type"] == "text"]
    sections = re.findall(r"^- docs/runbook\.md, (.+)$", text, re.MULTILINE)
    assert len(sections) >= 4
    headings = (ROOT / "docs/runbook.md").read_text()
    assert all(f"\n## {section}\n" in headings for section in sections)
    assert all(
        re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") in anchors(ROOT / "docs/runbook.md") for one in sections
    )
