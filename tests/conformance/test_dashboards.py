"""A dashboard is kept, shown and deleted; one that can't be drawn is refused (source: cw-dashboard-body)."""

import json
from typing import Any

import pytest

from tests.conformance.account import Account, eventually, fresh, refusal

METRICS: dict[str, Any] = {
    "type": "metric",
    "width": 12,
    "height": 6,
    "properties": {"metrics": [["stack", "mark_sent", "service", "send"]], "region": "us-east-1", "stat": "Sum"},
}
TEXT: dict[str, Any] = {"type": "text", "properties": {"markdown": "# Month"}}


def body(*widgets: Any) -> str:
    return json.dumps({"widgets": widgets})


def put_by_stack(aws: Account, stack: str, name: str, text: str, *, update: bool = False) -> str:
    """The status in which the stack ends."""
    client = aws.client("cloudformation")
    properties = {"DashboardName": name, "DashboardBody": {"Fn::Sub": text}}
    template = json.dumps(
        {"Resources": {"Dashboard": {"Type": "AWS::CloudWatch::Dashboard", "Properties": properties}}}
    )
    (client.update_stack if update else client.create_stack)(StackName=stack, TemplateBody=template)

    def status() -> str:
        return str(client.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"])

    eventually(lambda: not status().endswith("IN_PROGRESS"))
    return status()


def test_a_stacks_dashboard_comes_changes_and_goes_and_a_malformed_one_does_not_come(aws: Account) -> None:
    stack, name, client = fresh("stack"), fresh("dashboard"), aws.client("cloudwatch")
    assert put_by_stack(aws, stack, name, body(METRICS)) == "CREATE_COMPLETE"
    assert put_by_stack(aws, stack, name, body(METRICS, TEXT), update=True) == "UPDATE_COMPLETE"
    assert json.loads(client.get_dashboard(DashboardName=name)["DashboardBody"])["widgets"] == [METRICS, TEXT]
    assert put_by_stack(aws, stack, name, body({"type": "text"}), update=True) == "UPDATE_ROLLBACK_COMPLETE"
    (listed,) = client.list_dashboards(DashboardNamePrefix=name)["DashboardEntries"]
    assert (listed["DashboardName"], listed["Size"]) == (name, len(body(METRICS, TEXT)))
    aws.client("cloudformation").delete_stack(StackName=stack)
    eventually(lambda: not client.list_dashboards(DashboardNamePrefix=name)["DashboardEntries"])


@pytest.mark.parametrize(
    "malformed",
    [
        "{widgets",
        "[]",
        "{}",
        body({**TEXT, "type": "graph"}),
        body({"type": "text"}),
        body({"type": "text", "properties": {}}),
        body({**TEXT, "width": 25}),
        body({**TEXT, "x": 24, "y": 0}),
        body({**METRICS, "properties": {**METRICS["properties"], "region": ""}}),
        body({**METRICS, "properties": {"region": "us-east-1"}}),
        body({**METRICS, "properties": {**METRICS["properties"], "metrics": ["stack", "mark_sent"]}}),
        body(*[TEXT] * 501),
    ],
)
def test_what_can_not_be_drawn_is_refused(aws: Account, malformed: str) -> None:
    """And what is beside it is not."""
    client, name = aws.client("cloudwatch"), fresh("dashboard")
    client.put_dashboard(DashboardName=name, DashboardBody=body(METRICS, *[TEXT] * 499))
    assert refusal(lambda: client.put_dashboard(DashboardName=name, DashboardBody=malformed)) == "InvalidParameterInput"
    assert len(json.loads(client.get_dashboard(DashboardName=name)["DashboardBody"])["widgets"]) == 500
