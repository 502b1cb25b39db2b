"""doctor: a key of the stage's own is usable, and all that is stored has it."""

import json
import re
import shlex
from dataclasses import replace
from typing import Any

import pytest

from ops.doctor.finding import Mark
from ops.errors import UnreadableError
from tests.drift.test_commands_in_docs import aws as aws_command
from tests.unit.ops.doctor.answers import Answers
from tests.unit.ops.doctor.examining import found
from tests.unit.ops.office import Office

KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
OTHER = KEY.replace("1234abcd", "4321dcba")
STORED = {
    "OutboxTable": "AWS::DynamoDB::Table",
    "DeadLetters": "AWS::SQS::Queue",
    "AlarmTopic": "AWS::SNS::Topic",
    "UsageBucket": "AWS::S3::Bucket",
    "UsageWorkGroup": "AWS::Athena::WorkGroup",
    "SendLogGroup": "AWS::Logs::LogGroup",
    "SendStateMachine": "AWS::StepFunctions::StateMachine",
}


@pytest.fixture
def aws(office: Office) -> Answers:
    """A stage with a key of its own, with which all is encrypted."""
    stage = office.session.stage
    office.session = replace(office.session, stage=replace(stage, outputs={**stage.outputs, "OwnKeyArn": KEY}))
    aws = office.aws
    listed: Any = aws("cloudformation", "list_stack_resources", StackName="any")["StackResourceSummaries"]
    stored = {**STORED, "ServerlessDeploymentBucket": "AWS::S3::Bucket"}
    more = [
        {**listed[0], "LogicalResourceId": name, "PhysicalResourceId": name, "ResourceType": kind}
        for name, kind in stored.items()
    ]
    aws.change("cloudformation", "list_stack_resources", StackResourceSummaries=[*listed, *more])
    aws.answer("kms", "describe_key", {"KeyMetadata": metadata()})
    aws.answer("kms", "get_key_policy", {"Policy": policy("logs.eu-west-1", "cloudwatch", "events")})
    for kind in STORED.values():
        encrypt(aws, kind, KEY)
    return aws


def metadata(**changes: Any) -> dict[str, Any]:
    return {"KeyId": KEY, "KeyState": "Enabled", "KeySpec": "SYMMETRIC_DEFAULT", **changes}


def policy(*services: str) -> str:
    root = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*"}
    theirs = [{"Effect": "Allow", "Principal": {"Service": f"{one}.amazonaws.com"}} for one in services]
    return json.dumps({"Statement": [root, *theirs, {"Effect": "Deny", "Principal": "*"}]})


def encrypt(aws: Answers, kind: str, key: str) -> None:
    """What AWS answers of one of that type."""
    match kind:
        case "AWS::DynamoDB::Table":
            aws.change("dynamodb", "describe_table", Table={
                "DeletionProtectionEnabled": True, "SSEDescription": {"KMSMasterKeyArn": key},
            })  # fmt: skip
        case "AWS::SQS::Queue":
            attributes = {"ApproximateNumberOfMessages": "0", "KmsMasterKeyId": key}
            aws.change("sqs", "get_queue_attributes", Attributes=attributes)
        case "AWS::SNS::Topic":
            aws.change("sns", "get_topic_attributes", Attributes={
                "SubscriptionsConfirmed": "1", "SubscriptionsPending": "0", "KmsMasterKeyId": key,
            })  # fmt: skip
        case "AWS::S3::Bucket":
            default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
            rules = [{"ApplyServerSideEncryptionByDefault": default}]
            aws.answer("s3", "get_bucket_encryption", lambda Bucket: (  # as the API has it
                {"ServerSideEncryptionConfiguration": {"Rules": rules}} if Bucket == "UsageBucket" else UnreadableError("asked")
            ))  # fmt: skip
        case "AWS::Athena::WorkGroup":
            results = {"EncryptionConfiguration": {"EncryptionOption": "SSE_KMS", "KmsKey": key}}
            group = {"Name": "any", "Configuration": {"ResultConfiguration": results}}
            aws.answer("athena", "get_work_group", {"WorkGroup": group})
        case "AWS::Logs::LogGroup":
            groups = [{"logGroupName": "SendLogGroup-2"}, {"logGroupName": "SendLogGroup", "kmsKeyId": key}]
            aws.answer("logs", "describe_log_groups", {"logGroups": groups})
        case "AWS::StepFunctions::StateMachine":
            own = {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": key}
            aws.change("stepfunctions", "describe_state_machine", encryptionConfiguration=own)


def typed(to_do: str) -> None:
    """What it names can be typed."""
    for line in re.findall(r"`([^`]+)`", to_do):
        aws_command(shlex.split(line)[1:])


def told(office: Office, mark: Mark) -> list[str]:
    return [one["says"] for one in found(office) if one["group"] == "encryption" and one["mark"] == mark]


@pytest.mark.usefixtures("aws")
def test_a_key_that_is_used_for_everything(office: Office) -> None:
    assert office.type("doctor", "--json") == 0
    assert told(office, Mark.OK) == [
        f"the key {KEY} is enabled",
        "the key's policy lets CloudWatch, its logs and EventBridge use it",
        f"the stage's key encrypts {', '.join(sorted(STORED))}",
    ]


def test_without_a_key_aws_is_not_asked_about_one(office: Office) -> None:
    assert told(office, Mark.OK) == ["AWS's own keys encrypt what is stored; kmsKey in mail/stages.yml is not set"]
    assert not {service for service, _ in office.aws.asked} & {"kms", "athena", "logs", "s3"}


@pytest.mark.parametrize(
    ("changes", "said", "do"),
    [
        ({"KeyState": "Disabled"}, "is Disabled", "enable-key"),
        ({"KeyState": "PendingDeletion"}, "about to be deleted, and the outbox with it", "cancel-key-deletion"),
        ({"KeySpec": "RSA_2048"}, "is not symmetric", "take another"),
    ],
)
def test_a_key_that_can_t_be_used(office: Office, aws: Answers, changes: dict[str, str], said: str, do: str) -> None:
    aws.answer("kms", "describe_key", {"KeyMetadata": metadata(**changes)})
    (finding,) = [one for one in found(office) if one["mark"] == Mark.WRONG]
    assert said in finding["says"]
    assert do in finding["do"]
    typed(finding["do"])


@pytest.mark.parametrize(
    ("let_in", "said"),
    [
        (["cloudwatch", "events"], "logs.…amazonaws.com: the functions write no log"),
        (["logs.eu-west-1", "events"], "cloudwatch.…amazonaws.com: nobody hears an alarm"),
        (["logs.eu-west-1", "cloudwatch"], "events.…amazonaws.com: an event of SES"),
    ],
)
def test_a_service_that_the_key_keeps_out(office: Office, aws: Answers, let_in: list[str], said: str) -> None:
    aws.change("kms", "get_key_policy", Policy=policy(*let_in))
    (finding,) = [one for one in found(office) if one["mark"] == Mark.WRONG]
    assert said in finding["says"]
    typed(finding["do"])


@pytest.mark.parametrize("name", STORED)
def test_what_has_another_key_is_named(office: Office, aws: Answers, name: str) -> None:
    encrypt(aws, STORED[name], OTHER)
    assert told(office, Mark.WRONG) == [f"not encrypted with the stage's key: {name}"]


def test_what_has_awss_key_is_named(office: Office, aws: Answers) -> None:
    aws.change("dynamodb", "describe_table", Table={"DeletionProtectionEnabled": True})
    assert told(office, Mark.WRONG) == ["not encrypted with the stage's key: OutboxTable"]
