"""CloudFormation carries the properties that this project's tables, functions, schedules and mappings have.

AWS: a property of a template takes effect. MiniStack accepts and drops, without a word: a table's TimeToLiveSpecification
and PointInTimeRecoverySpecification, and its SSESpecification when it is made; a bucket's BucketEncryption, a topic's
KmsMasterKeyId; a function's ReservedConcurrentExecutions, RecursiveLoop and DeadLetterConfig; a state machine's
TracingConfiguration; a schedule's ScheduleExpressionTimezone, StartDate and EndDate; and it reports a mapping with
Enabled: false as enabled.

AWS: a table without a TableName gets a name that no other has, and keeps it, also where it was imported; one that is
protected is not deleted, and none is made over another of its name. MiniStack gives it the same name in each stack of that
name, over a table that is there, replaces an imported one, and deletes what is protected.
"""

import json
import secrets
from collections.abc import Callable
from typing import Any

from ministack.services import dynamodb, lambda_svc, s3, scheduler, sns, stepfunctions
from ministack.services.cloudformation import provisioners

from local.engine.mending import MendTargetMissingError

Properties = dict[str, Any]


def complete_table(name: str, properties: Properties) -> None:
    """TTL, point-in-time recovery and the key."""
    own = properties.get("SSESpecification") or {}
    if own.get("KMSMasterKeyId"):
        specification = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": own["KMSMasterKeyId"]}
        dynamodb._tables[name]["SSEDescription"] = dynamodb._sse_description_from_spec(specification)
    else:
        dynamodb._tables[name].pop("SSEDescription", None)
    ttl = properties.get("TimeToLiveSpecification")
    if ttl:
        enabled = str(ttl.get("Enabled", True)).lower() == "true"
        specification = {"AttributeName": ttl.get("AttributeName"), "Enabled": enabled}
        _accepted(dynamodb._update_ttl({"TableName": name, "TimeToLiveSpecification": specification}))
    elif dynamodb._ttl_settings.get(name):
        dynamodb._ttl_settings.pop(name)
    recovery = properties.get("PointInTimeRecoverySpecification") or {}
    enabled = str(recovery.get("PointInTimeRecoveryEnabled", False)).lower() == "true"
    specification = {"PointInTimeRecoveryEnabled": enabled}
    _accepted(
        dynamodb._update_continuous_backups({"TableName": name, "PointInTimeRecoverySpecification": specification})
    )


def complete_bucket(name: str, properties: Properties) -> None:
    """Its default encryption."""
    rules = (properties.get("BucketEncryption") or {}).get("ServerSideEncryptionConfiguration") or []
    if not rules:
        s3._delete_bucket_encryption(name)
        return
    default = "".join(f"<{key}>{value}</{key}>" for key, value in rules[0]["ServerSideEncryptionByDefault"].items())
    bucket_key = str(rules[0].get("BucketKeyEnabled", False)).lower()
    applied = f"<ApplyServerSideEncryptionByDefault>{default}</ApplyServerSideEncryptionByDefault>"
    rule = f"<Rule>{applied}<BucketKeyEnabled>{bucket_key}</BucketKeyEnabled></Rule>"
    _accepted(
        s3._put_bucket_encryption(
            name,
            f'<ServerSideEncryptionConfiguration xmlns="{s3.S3_NS}">{rule}</ServerSideEncryptionConfiguration>'.encode(),
        )
    )


def complete_topic(arn: str, properties: Properties) -> None:
    """Its key."""
    attributes = sns._topics[arn]["attributes"]
    attributes.pop("KmsMasterKeyId", None)
    if properties.get("KmsMasterKeyId"):
        attributes["KmsMasterKeyId"] = properties["KmsMasterKeyId"]


def complete_function(name: str, properties: Properties) -> None:
    """Reserved concurrency, the answer to recursive loops, and the dead-letter queue."""
    reserved = properties.get("ReservedConcurrentExecutions")
    if reserved is None:
        lambda_svc._delete_function_concurrency(name)
    else:
        _accepted(lambda_svc._put_function_concurrency(name, {"ReservedConcurrentExecutions": int(reserved)}))
    loop = properties.get("RecursiveLoop", "Terminate")
    _accepted(lambda_svc._put_function_recursion_config(name, {"RecursiveLoop": loop}))
    lambda_svc._functions[name]["config"]["DeadLetterConfig"] = properties.get("DeadLetterConfig") or {}


def complete_state_machine(arn: str, properties: Properties) -> None:
    """Whether it is traced."""
    enabled = str((properties.get("TracingConfiguration") or {}).get("Enabled", False)).lower() == "true"
    stepfunctions._state_machines[arn]["tracingConfiguration"] = {"enabled": enabled}


def complete_schedule(name: str, properties: Properties) -> None:
    """The time zone, and the dates between which the schedule holds."""
    schedule = scheduler._schedules[f"{properties.get('GroupName', 'default')}/{name}"]
    schedule["ScheduleExpressionTimezone"] = properties.get("ScheduleExpressionTimezone", "UTC")
    schedule["StartDate"] = properties.get("StartDate")
    schedule["EndDate"] = properties.get("EndDate")


def complete_mapping(identity: str, properties: Properties) -> None:
    """The state of a disabled mapping."""
    mapping = lambda_svc._esms[identity]
    mapping["Enabled"] = str(properties.get("Enabled", True)).lower() == "true"
    mapping["State"] = "Enabled" if mapping["Enabled"] else "Disabled"


COMPLETIONS: dict[str, Callable[[str, Properties], None]] = {
    "AWS::DynamoDB::Table": complete_table,
    "AWS::S3::Bucket": complete_bucket,
    "AWS::SNS::Topic": complete_topic,
    "AWS::Lambda::Function": complete_function,
    "AWS::StepFunctions::StateMachine": complete_state_machine,
    "AWS::Scheduler::Schedule": complete_schedule,
    "AWS::Lambda::EventSourceMapping": complete_mapping,
}


def _accepted(answer: tuple[int, Any, Any]) -> None:
    """A refusal fails the resource, as it does on AWS."""
    status, _headers, body = answer
    if status >= 300:
        raise ValueError(json.loads(body).get("message", body))


def mend() -> None:
    """Complete what each of the resource types creates and updates, and name tables."""
    try:
        _name_tables()
    except KeyError as error:
        raise MendTargetMissingError(f"CloudFormation has no {error} for tables") from error
    for resource_type, complete in COMPLETIONS.items():
        try:
            handler = provisioners._RESOURCE_HANDLERS[resource_type]
            handler.update(create=_creating(handler["create"], complete), update=_updating(handler["update"], complete))
        except KeyError as error:
            raise MendTargetMissingError(f"CloudFormation has no {error} for {resource_type}") from error


def _name_tables() -> None:
    """Make none over another, and delete none that is protected."""
    handler = provisioners._RESOURCE_HANDLERS["AWS::DynamoDB::Table"]
    create, update, delete = handler["create"], handler["update"], handler["delete"]

    def create_named(logical_id: str, properties: Properties, stack_name: str) -> Any:
        if properties.get("TableName") in dynamodb._tables:
            raise ValueError(f"{properties['TableName']} already exists")
        return create(logical_id, {"TableName": _generated(stack_name, logical_id), **properties}, stack_name)

    def update_named(physical_id: str, old: Properties, new: Properties, stack_name: str, logical_id: str) -> Any:
        unnamed = _generated(stack_name, logical_id) if "TableName" in old else physical_id
        named = {"TableName": unnamed, **new}
        return update(physical_id, {**old, "TableName": physical_id}, named, stack_name, logical_id)

    def delete_unprotected(physical_id: str, properties: Properties) -> None:
        if dynamodb._tables.get(physical_id, {}).get("DeletionProtectionEnabled"):
            raise ValueError("Resource cannot be deleted as it is currently protected against deletion.")
        delete(physical_id, properties)

    handler.update(create=create_named, update=update_named, delete=delete_unprotected)


def _generated(stack_name: str, logical_id: str) -> str:
    return f"{stack_name}-{logical_id}-{secrets.token_hex(6).upper()}"


def _creating(stock: Callable[..., Any], complete: Callable[[str, Properties], None]) -> Callable[..., Any]:
    def create(logical_id: str, properties: Properties, stack_name: str) -> Any:
        physical_id, attributes = stock(logical_id, properties, stack_name)
        complete(physical_id, properties)
        return physical_id, attributes

    return create


def _updating(stock: Callable[..., Any], complete: Callable[[str, Properties], None]) -> Callable[..., Any]:
    def update(physical_id: str, old: Properties, new: Properties, *rest: Any) -> Any:
        current_id, attributes = stock(physical_id, old, new, *rest)
        complete(current_id, new)
        return current_id, attributes

    return update
