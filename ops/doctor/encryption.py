"""Is the stage's own key usable, and does all that is stored have it? (ADR 35)"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ops.doctor.deployed import Deployed
from ops.doctor.finding import Finding, ok, wrong
from ops.questions import Ask

_SERVICES = {
    "logs": "the functions write no log",
    "cloudwatch": "nobody hears an alarm",
    "events": "an event of SES that feedback can't handle is lost",
}
"""Those that use the key for themselves, and what happens without it (source: logs-key, sns-key, sqs-key)."""
_POLICY = (
    "docs/security.md has the policy: `aws kms put-key-policy --policy-name default --policy file://key.json --key-id"
)
_DEPLOYMENTS = "ServerlessDeploymentBucket"
"""osls's own bucket, which holds no data, has AWS's key."""


def key(deployed: Deployed) -> Iterator[Finding]:
    """Which one it is, and whether it can be used."""
    own = _own(deployed)
    if not own:
        yield ok("AWS's own keys encrypt what is stored; kmsKey in mail/stages.yml is not set")
        return
    found = deployed.ask("kms", "describe_key", KeyId=own)["KeyMetadata"]
    state = found["KeyState"]
    if state == "PendingDeletion":
        yield wrong(
            f"the key {own} is about to be deleted, and the outbox with it: nothing can be read or sent",
            f"`aws kms cancel-key-deletion --key-id {own}`, then `aws kms enable-key --key-id {own}`",
        )
    elif state != "Enabled":
        yield wrong(f"the key {own} is {state}: nothing can be read or sent", f"`aws kms enable-key --key-id {own}`")
    elif found.get("KeySpec", "SYMMETRIC_DEFAULT") != "SYMMETRIC_DEFAULT":
        yield wrong(f"the key {own} is not symmetric", "take another for kmsKey, and deploy")
    else:
        yield ok(f"the key {own} is enabled")


def key_policy(deployed: Deployed) -> Iterator[Finding]:
    """Whether its policy lets in the services that use it. Conditions and grants are not looked at."""
    if not (own := _own(deployed)):
        return
    policy = deployed.ask("kms", "get_key_policy", KeyId=own, PolicyName="default")["Policy"]
    let_in = {name for one in json.loads(policy)["Statement"] if one["Effect"] == "Allow" for name in _services(one)}
    kept_out = [name for name in _SERVICES if name not in let_in]
    for name in kept_out:
        yield wrong(f"the key's policy does not name {name}.…amazonaws.com: {_SERVICES[name]}", f"{_POLICY} {own}`")
    if not kept_out:
        yield ok("the key's policy lets CloudWatch, its logs and EventBridge use it")


def stored(deployed: Deployed) -> Iterator[Finding]:
    """Whether each thing of the stack that holds data has the key."""
    if not (own := _own(deployed)):
        return
    holding = [
        (logical, _KEYS[kind](deployed.ask, physical))
        for logical, (kind, physical) in deployed.resources.items()
        if kind in _KEYS and logical != _DEPLOYMENTS
    ]
    others = [logical for logical, found in holding if found != own]
    if others:
        yield wrong(f"not encrypted with the stage's key: {', '.join(sorted(others))}", "deploy again with kmsKey set")
    else:
        yield ok(f"the stage's key encrypts {', '.join(sorted(logical for logical, _ in holding))}")


def _own(deployed: Deployed) -> str:
    return deployed.outputs.get("OwnKeyArn", "")


def _services(statement: Mapping[str, Any]) -> Iterator[str]:
    """The first words of the services' names: `logs` of logs.eu-central-1.amazonaws.com."""
    principal = statement.get("Principal")
    named = principal.get("Service", []) if isinstance(principal, dict) else []
    yield from (one.partition(".")[0] for one in ([named] if isinstance(named, str) else named))


def _of_bucket(ask: Ask, name: str) -> Any:
    (rule, *_) = ask("s3", "get_bucket_encryption", Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    return rule["ApplyServerSideEncryptionByDefault"].get("KMSMasterKeyID")


def _of_work_group(ask: Ask, name: str) -> Any:
    results = ask("athena", "get_work_group", WorkGroup=name)["WorkGroup"]["Configuration"]["ResultConfiguration"]
    return results.get("EncryptionConfiguration", {}).get("KmsKey")


def _of_log_group(ask: Ask, name: str) -> Any:
    found = ask("logs", "describe_log_groups", logGroupNamePrefix=name)["logGroups"]
    return next((one.get("kmsKeyId") for one in found if one["logGroupName"] == name), None)


def _of_machine(ask: Ask, arn: str) -> Any:
    found = ask("stepfunctions", "describe_state_machine", stateMachineArn=arn, includedData="METADATA_ONLY")
    return found.get("encryptionConfiguration", {}).get("kmsKeyId")


_KEYS: dict[str, Callable[[Ask, str], Any]] = {
    "AWS::DynamoDB::Table": lambda ask, name: (
        ask("dynamodb", "describe_table", TableName=name)["Table"].get("SSEDescription", {}).get("KMSMasterKeyArn")
    ),
    "AWS::SQS::Queue": lambda ask, url: (
        ask("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["KmsMasterKeyId"])
        .get("Attributes", {})
        .get("KmsMasterKeyId")
    ),
    "AWS::SNS::Topic": lambda ask, arn: ask("sns", "get_topic_attributes", TopicArn=arn)["Attributes"].get(
        "KmsMasterKeyId"
    ),
    "AWS::S3::Bucket": _of_bucket,
    "AWS::Athena::WorkGroup": _of_work_group,
    "AWS::Logs::LogGroup": _of_log_group,
    "AWS::StepFunctions::StateMachine": _of_machine,
}
"""By type: the key that one of it is encrypted with, None for AWS's."""
