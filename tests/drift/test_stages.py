"""Stages side by side in one account: whatever has a name has the stage in it."""

from typing import Any

import pytest

from tests.drift.conftest import Packaged

NAMES = {
    "AWS::Athena::WorkGroup": "Name",
    "AWS::CloudWatch::Dashboard": "DashboardName.Fn::Sub",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Events::Rule": "Name",
    "AWS::Glue::Database": "DatabaseInput.Name",
    "AWS::Glue::Table": "DatabaseName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::SES::ConfigurationSet": "Name",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::Scheduler::Schedule": "Name",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
}
"""Where a type has its name."""
NAMED_BY_CLOUDFORMATION = {
    "AWS::CloudWatch::Alarm", "AWS::IAM::Policy", "AWS::IAM::Role", "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Permission",
    "AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::SecretsManager::Secret",
    "AWS::SES::ConfigurationSetEventDestination", "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
}  # fmt: skip
"""After the stack, which has the stage in its name, or they belong to something that has a name."""


@pytest.mark.parametrize("kind", NAMES)
def test_a_name_holds_the_stage(packaged: Packaged, kind: str) -> None:
    for logical_id, properties in packaged.of_type(kind).items():
        name: Any = properties
        for part in NAMES[kind].split("."):
            name = name.get(part, {})  # none: CloudFormation gives one, after the stack
        assert not isinstance(name, str) or "local" in name, logical_id


def test_each_type_is_known_here(packaged: Packaged) -> None:
    kinds = {resource["Type"] for resource in packaged.resources.values()}
    assert kinds <= set(NAMES) | NAMED_BY_CLOUDFORMATION


def test_an_alarm_is_named_after_the_stack(packaged: Packaged) -> None:
    assert not any("AlarmName" in one for one in packaged.of_type("AWS::CloudWatch::Alarm").values())


def test_metrics_are_counted_under_the_stack(packaged: Packaged) -> None:
    for function in packaged.of_type("AWS::Lambda::Function").values():
        assert function["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"] == "onlyonce-local"
    own = {one["Namespace"] for one in packaged.of_type("AWS::CloudWatch::Alarm").values()}
    assert own <= {"onlyonce-local", "AWS/Lambda", "AWS/SQS", "AWS/SES"}
