"""serverless.yml, as osls packages it ↔ handlers/, shared/ and what the documents promise."""

import importlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.stack.embedded_aws import ROOT
from shared.keys import SHARDS
from shared.outbox.new_message import RETENTION, new_item
from shared.outbox.outbox import INDEX, OUTCOME
from shared.outbox.states import Status
from shared.sending.evidence import NEWS, VERDICTS
from shared.sending.subscription import KIND
from shared.sweeping.intervals import BACK_WITHIN, STRANDED_AFTER, SWEEP_EVERY, answered_within, next_sweep
from simulation.fakes.table import INDEXES
from simulation.world import MAX_RETRIES
from tests.contract.protocol import NOW
from tests.drift.conftest import Packaged

HANDLERS = {file.stem for file in (ROOT / "handlers").glob("*.py")} - {"__init__"}
each_handler = pytest.mark.parametrize("handler", sorted(HANDLERS))
TABLES = ["OutboxTable", "ControlTable", "UnsubscribedTable"]
OUTPUTS = {
    "OutboxTableName", "ControlTableName", "UnsubscribedTableName", "UnsubscribeSecretArn", "SendStateMachineArn",
    "ProducerFunctionName", "ClaimFunctionName",
    "SendFunctionName", "SweeperFunctionName", "FeedbackFunctionName", "UsageBucketName", "DeadLettersUrl",
    "AlarmTopicArn",
}  # fmt: skip
"""What the documents and the operator's tools ask the stack for; it may tell more."""
SES_EVENT_TYPES = {
    "send": "Send",
    "reject": "Reject",
    "bounce": "Bounce",
    "complaint": "Complaint",
    "delivery": "Delivery",
    "renderingFailure": "Rendering Failure",
    "deliveryDelay": "DeliveryDelay",
    "subscription": KIND,
}
"""From CloudFormation's name of an event type to the eventType in the event (source: SES developer guide)."""


def test_one_function_for_each_handler_file(packaged: Packaged) -> None:
    assert set(packaged.functions) == HANDLERS
    assert len(packaged.of_type("AWS::Lambda::Function")) == len(HANDLERS)


@each_handler
def test_a_function_is_its_files_handler_on_python_3_13_arm64(packaged: Packaged, handler: str) -> None:
    function = packaged.function(handler)
    module, name = function["Handler"].rsplit(".", 1)
    assert (module, name) == (f"handlers/{handler}", "handler")
    assert callable(getattr(importlib.import_module(module.replace("/", ".")), name))
    assert function["Runtime"] == "python3.13"
    assert function["Architectures"] == ["arm64"]


@each_handler
def test_a_function_has_a_role_of_its_own(packaged: Packaged, handler: str) -> None:
    assert packaged.function(handler)["Role"] == {"Fn::GetAtt": [f"{handler.capitalize()}Role", "Arn"]}


def test_the_stream_brings_pending_messages_to_claim(packaged: Packaged) -> None:
    ((_, mapping),) = packaged.of_type("AWS::Lambda::EventSourceMapping").items()
    (pattern,) = (json.loads(one["Pattern"]) for one in mapping["FilterCriteria"]["Filters"])
    assert pattern == {"dynamodb": {"NewImage": {"status": {"S": [Status.PENDING.value]}}}}
    assert mapping["EventSourceArn"] == {"Fn::GetAtt": ["OutboxTable", "StreamArn"]}
    assert mapping["FunctionName"] == {"Fn::GetAtt": ["ClaimLambdaFunction", "Arn"]}
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    assert mapping["MaximumRetryAttempts"] == MAX_RETRIES
    assert 0 < mapping["MaximumRecordAgeInSeconds"] <= 86_400  # what a stream keeps (source: DynamoDB developer guide)
    assert mapping["DestinationConfig"] == {"OnFailure": {"Destination": {"Fn::GetAtt": ["DeadLetters", "Arn"]}}}


def test_the_events_of_ses_are_those_that_feedback_knows(packaged: Packaged) -> None:
    ((_, destination),) = packaged.of_type("AWS::SES::ConfigurationSetEventDestination").items()
    types = destination["EventDestination"]["MatchingEventTypes"]
    assert {SES_EVENT_TYPES[one] for one in types} == {*VERDICTS, NEWS, KIND}
    assert destination["EventDestination"]["Enabled"] is True


def test_feedback_hears_this_stacks_configuration_set_alone(packaged: Packaged) -> None:
    """All stages of an account share the default bus."""
    ((_, rule),) = packaged.of_type("AWS::Events::Rule").items()
    ((_, configuration_set),) = packaged.of_type("AWS::SES::ConfigurationSet").items()
    assert rule["EventPattern"]["source"] == ["aws.ses"]
    assert rule["EventPattern"]["detail"]["mail"]["tags"] == {"ses:configuration-set": [configuration_set["Name"]]}
    assert "EventBusName" not in rule  # the default bus is the only one that SES publishes to
    stack = packaged.function("send")["Environment"]["Variables"]["STACK"]
    assert packaged.function("feedback")["Environment"]["Variables"]["STACK"] == stack


def test_what_could_not_be_processed_is_kept(packaged: Packaged) -> None:
    dead_letters = {"Fn::GetAtt": ["DeadLetters", "Arn"]}
    ((_, rule),) = packaged.of_type("AWS::Events::Rule").items()
    assert rule["Targets"][0]["DeadLetterConfig"] == {"Arn": dead_letters}
    assert packaged.function("feedback")["DeadLetterConfig"] == {"TargetArn": dead_letters}
    monthly = packaged.resources["MonthlySchedule"]["Properties"]
    assert monthly["Target"]["DeadLetterConfig"] == {"Arn": dead_letters}


def test_the_outbox_is_the_table_that_the_code_works_on(packaged: Packaged) -> None:
    table = packaged.resources["OutboxTable"]["Properties"]
    assert [(one["AttributeName"], one["KeyType"]) for one in table["KeySchema"]] == [
        ("user_id", "HASH"),
        ("period", "RANGE"),
    ]
    indexes = {one["IndexName"]: one for one in table["GlobalSecondaryIndexes"]}
    keys = {name: tuple(key["AttributeName"] for key in one["KeySchema"]) for name, one in indexes.items()}
    assert keys == INDEXES
    assert {INDEX, OUTCOME} == set(keys)
    assert all(one["Projection"] == {"ProjectionType": "KEYS_ONLY"} for one in indexes.values())
    assert table["StreamSpecification"]["StreamViewType"] == "NEW_IMAGE"
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert SHARDS > 1


@pytest.mark.parametrize("table", TABLES)
def test_a_table_outlives_its_stack_and_its_mistakes(packaged: Packaged, table: str) -> None:
    resource = packaged.resources[table]
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
    assert resource["Properties"]["DeletionProtectionEnabled"] is True
    assert resource["Properties"]["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True


@pytest.mark.parametrize(("resource", "name"), [*((one, "TableName") for one in TABLES), ("UsageBucket", "BucketName")])
def test_what_a_stack_leaves_behind_is_in_no_others_way(packaged: Packaged, resource: str, name: str) -> None:
    """Neither a deployment that failed nor a removed stack blocks the next one with a name."""
    assert packaged.resources[resource]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert name not in packaged.resources[resource]["Properties"]


def test_no_deployment_replaces_what_holds_data() -> None:
    policy = yaml.safe_load((ROOT / "serverless.yml").read_text().replace("!", ""))["provider"]["stackPolicy"]
    (denied,) = (statement for statement in policy if statement["Effect"] == "Deny")
    assert denied["Action"] == ["Update:Replace", "Update:Delete"]
    assert denied["Resource"] == [f"LogicalResourceId/{one}" for one in (*TABLES, "UsageBucket")]


def test_the_ttl_attribute_is_a_time_in_seconds_half_a_year_ahead() -> None:
    """source: DynamoDB developer guide, TTL takes Unix time in seconds"""
    from shared.keys import Key

    item = new_item(Key("u", "2026-10"), "a@example.com", {}, "usage-1", "usage@example.com", NOW, NOW)
    assert item["expires_at"] == int((NOW + RETENTION).timestamp())
    assert RETENTION.days >= 6 * 30


def test_no_deployment_touches_a_template(packaged: Packaged) -> None:
    """I5, ADR 25: a message in flight is rendered by the one that it was produced for, whatever is deployed meanwhile."""
    assert packaged.of_type("AWS::SES::Template") == {}
    variables = [packaged.function(name)["Environment"]["Variables"] for name in ("producer", "claim")]
    assert {(own["STACK"], own["MAIL_KIND"]) for own in variables} == {("onlyonce-local", "usage")}


def test_the_state_machine_is_send_asl_json(packaged: Packaged) -> None:
    machine = packaged.resources["SendStateMachine"]["Properties"]
    assert machine["StateMachineType"] == "STANDARD"  # Express starts are not deduplicated
    assert machine["Definition"] == json.loads(Path(ROOT / "handlers/send.asl.json").read_text())
    assert machine["DefinitionSubstitutions"] == {"SendFunctionArn": {"Fn::GetAtt": ["SendLambdaFunction", "Arn"]}}


def test_the_schedules_start_what_they_should(packaged: Packaged) -> None:
    schedules = packaged.of_type("AWS::Scheduler::Schedule")
    targets = {name: schedule["Target"]["Arn"]["Fn::GetAtt"][0] for name, schedule in schedules.items()}
    assert targets == {"MonthlySchedule": "ProducerLambdaFunction", "SweeperSchedule": "SweeperLambdaFunction"}
    monthly = schedules["MonthlySchedule"]
    assert json.loads(monthly["Target"]["Input"]) == {"scheduled_time": "<aws.scheduler.scheduled-time>"}
    zone = packaged.function("producer")["Environment"]["Variables"]["TIME_ZONE"]
    assert monthly["ScheduleExpressionTimezone"] == zone


def test_the_sweeper_comes_as_often_as_is_promised(packaged: Packaged) -> None:
    """A lost stream record costs a message at most 20 minutes."""
    minutes = int(SWEEP_EVERY.total_seconds()) // 60
    schedule = packaged.resources["SweeperSchedule"]["Properties"]["ScheduleExpression"]
    assert schedule == f"rate({minutes} minutes)"
    assert packaged.template["Outputs"]["SweepMinutes"]["Value"] == minutes
    assert STRANDED_AFTER + 2 * SWEEP_EVERY < BACK_WITHIN <= timedelta(minutes=20)
    assert max(answered_within(STRANDED_AFTER), next_sweep(STRANDED_AFTER)) < SWEEP_EVERY
    assert timedelta(seconds=packaged.function("sweeper")["Timeout"]) <= SWEEP_EVERY


def test_the_stack_tells_what_the_readme_promises(packaged: Packaged) -> None:
    assert set(packaged.template["Outputs"]) >= OUTPUTS


@pytest.mark.parametrize("resource", ["OutboxTable", "ControlTable", "UnsubscribedTable", "UsageBucket"])
def test_each_output_refers_to_what_it_is_called(packaged: Packaged, resource: str) -> None:
    outputs: dict[str, Any] = packaged.template["Outputs"]
    assert outputs[f"{resource}Name"]["Value"] == {"Ref": resource}
