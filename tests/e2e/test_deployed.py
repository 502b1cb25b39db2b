"""serverless.yml as it was deployed: what keeps an event from getting lost is in place."""

from typing import Any

import pytest

from local.stack.deployment import Deployment


@pytest.fixture(scope="module")
def dead_letters(deployment: Deployment) -> str:
    """The dead-letter queue's ARN."""
    url = deployment.outputs()["DeadLettersUrl"]
    attributes = deployment.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return str(attributes["Attributes"]["QueueArn"])


def test_the_stream_reaches_claim_record_by_record(deployment: Deployment, dead_letters: str) -> None:
    function = deployment.outputs()["ClaimFunctionName"]
    (mapping,) = deployment.client("lambda").list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    expected: dict[str, Any] = {
        "BatchSize": 2000,
        "BisectBatchOnFunctionError": True,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "MaximumRetryAttempts": 10,
        "MaximumRecordAgeInSeconds": 86400,
        "StartingPosition": "TRIM_HORIZON",
        "DestinationConfig": {"OnFailure": {"Destination": dead_letters}},
    }
    assert {name: mapping.get(name) for name in expected} == expected


def test_feedback_has_somewhere_to_leave_what_it_cannot_read(deployment: Deployment, dead_letters: str) -> None:
    function = deployment.client("lambda").get_function(FunctionName=deployment.outputs()["FeedbackFunctionName"])
    assert function["Configuration"]["DeadLetterConfig"]["TargetArn"] == dead_letters
    events = deployment.client("events")
    (rule,) = events.list_rule_names_by_target(TargetArn=function["Configuration"]["FunctionArn"])["RuleNames"]
    (target,) = events.list_targets_by_rule(Rule=rule)["Targets"]
    assert target["DeadLetterConfig"]["Arn"] == dead_letters


def test_no_dead_letter_after_the_story(deployment: Deployment) -> None:
    url = deployment.outputs()["DeadLettersUrl"]
    received = deployment.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=0)
    assert received.get("Messages", []) == []


def test_the_month_is_not_scheduled_locally_and_the_sweeper_is(deployment: Deployment) -> None:
    scheduler = deployment.client("scheduler")
    states = {name: scheduler.get_schedule(Name=f"onlyonce-local-{name}")["State"] for name in ("monthly", "sweeper")}
    assert states == {"monthly": "DISABLED", "sweeper": "ENABLED"}
