"""A stack's properties take effect, none of them silently dropped."""

import json
from typing import Any

from tests.conformance.account import ROLE, Account, eventually, fresh


def deployed(aws: Account, stack: str, resources: dict[str, Any], *, update: bool = False) -> None:
    """Create or update the stack and wait for it; AssertionError if it fails."""
    client = aws.client("cloudformation")
    template = json.dumps({"Resources": {name: {"Type": t, "Properties": p} for name, (t, p) in resources.items()}})
    (client.update_stack if update else client.create_stack)(StackName=stack, TemplateBody=template)

    def status() -> str:
        return str(client.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"])

    eventually(lambda: not status().endswith("IN_PROGRESS"))
    assert status() == ("UPDATE_COMPLETE" if update else "CREATE_COMPLETE")


def test_a_table_gets_its_ttl_and_its_recovery(aws: Account) -> None:
    """TimeToLiveSpecification and PointInTimeRecoverySpecification, on creation and on update."""
    name, db = fresh("table"), aws.client("dynamodb")
    properties = {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    }
    with_both = {
        **properties,
        "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
    }
    deployed(aws, name, {"Table": ("AWS::DynamoDB::Table", with_both)})
    ttl = db.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
    backups = db.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    deployed(aws, name, {"Table": ("AWS::DynamoDB::Table", properties)}, update=True)
    assert db.describe_time_to_live(TableName=name)["TimeToLiveDescription"]["TimeToLiveStatus"] == "DISABLED"


UNNAMED: dict[str, Any] = {
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
}


def of_stack(aws: Account, stack: str) -> str:
    """The table's name."""
    found = aws.client("cloudformation").describe_stack_resource(StackName=stack, LogicalResourceId="Table")
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


def test_an_unnamed_table_is_another_one_in_each_stack(aws: Account) -> None:
    """Its stack may be gone: what it has left behind stays as it is."""
    stack, client, db = fresh("stack"), aws.client("cloudformation"), aws.client("dynamodb")
    template = {
        "Table": {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "RetainExceptOnCreate", "Properties": UNNAMED}
    }
    names = set()
    for _ in range(2):
        client.create_stack(StackName=stack, TemplateBody=json.dumps({"Resources": template}))
        client.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
        names.add(name := of_stack(aws, stack))
        db.put_item(TableName=name, Item={"id": {"S": "1"}})
        client.delete_stack(StackName=stack)
        client.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    assert len(names) == 2
    assert [db.scan(TableName=name)["Count"] for name in names] == [1, 1]


def test_an_imported_table_stays_the_same(aws: Account) -> None:
    """Under its own name, also after a later deployment."""
    stack, name, client, db = fresh("stack"), fresh("table"), aws.client("cloudformation"), aws.client("dynamodb")
    db.create_table(TableName=name, **UNNAMED)
    table = {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "RetainExceptOnCreate", "Properties": UNNAMED}
    imported = {"ResourceType": table["Type"], "LogicalResourceId": "Table", "ResourceIdentifier": {"TableName": name}}
    client.create_change_set(
        StackName=stack, ChangeSetName="import", ChangeSetType="IMPORT", ResourcesToImport=[imported],
        TemplateBody=json.dumps({"Resources": {"Table": table}}),
    )  # fmt: skip
    client.get_waiter("change_set_create_complete").wait(StackName=stack, ChangeSetName="import")
    client.execute_change_set(StackName=stack, ChangeSetName="import")
    client.get_waiter("stack_import_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    ttl = {"TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True}}
    deployed(aws, stack, {"Table": ("AWS::DynamoDB::Table", {**UNNAMED, **ttl})}, update=True)
    assert of_stack(aws, stack) == name
    assert db.describe_time_to_live(TableName=name)["TimeToLiveDescription"]["TimeToLiveStatus"] == "ENABLED"


def test_a_protected_table_is_not_deleted(aws: Account) -> None:
    stack, client = fresh("stack"), aws.client("cloudformation")
    deployed(aws, stack, {"Table": ("AWS::DynamoDB::Table", {**UNNAMED, "DeletionProtectionEnabled": True})})
    name = of_stack(aws, stack)
    client.delete_stack(StackName=stack)
    eventually(lambda: client.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"] == "DELETE_FAILED")
    assert aws.client("dynamodb").describe_table(TableName=name)["Table"]["DeletionProtectionEnabled"] is True


def test_a_function_gets_its_concurrency_and_its_queue(aws: Account) -> None:
    """ReservedConcurrentExecutions, RecursiveLoop and DeadLetterConfig."""
    name, client = fresh("function"), aws.client("lambda")
    queue = {"Fn::GetAtt": ["Queue", "Arn"]}
    properties = {
        "FunctionName": name,
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": ROLE,
        "Code": {"ZipFile": "def handler(event, context):\n    pass"},
        "RecursiveLoop": "Allow",
        "DeadLetterConfig": {"TargetArn": queue},
    }
    for update, reserved in ((False, 2), (True, 3)):
        function = ("AWS::Lambda::Function", {**properties, "ReservedConcurrentExecutions": reserved})
        deployed(aws, name, {"Queue": ("AWS::SQS::Queue", {}), "Function": function}, update=update)
        assert client.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions") == reserved
    assert client.get_function_recursion_config(FunctionName=name)["RecursiveLoop"] == "Allow"
    assert ":sqs:" in client.get_function_configuration(FunctionName=name)["DeadLetterConfig"]["TargetArn"]


def test_functions_and_state_machines_are_traced_as_the_template_says(aws: Account) -> None:
    """TracingConfig and TracingConfiguration, on creation and on update; and they go again."""
    stack, function, machine = fresh("stack"), fresh("function"), fresh("machine")
    properties = {
        "FunctionName": function,
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": ROLE,
        "Code": {"ZipFile": "def handler(event, context):\n    pass"},
    }
    definition = {"StartAt": "Only", "States": {"Only": {"Type": "Succeed"}}}
    states = {"StateMachineName": machine, "RoleArn": ROLE, "DefinitionString": json.dumps(definition)}
    found: list[tuple[str, bool]] = []
    for traced in (True, False, True):
        resources = {
            "Function": (
                "AWS::Lambda::Function",
                {**properties, "TracingConfig": {"Mode": "Active"}} if traced else properties,
            ),
            "Machine": (
                "AWS::StepFunctions::StateMachine",
                {**states, "TracingConfiguration": {"Enabled": True}} if traced else states,
            ),
        }
        deployed(aws, stack, resources, update=bool(found))
        mode = aws.client("lambda").get_function_configuration(FunctionName=function)["TracingConfig"]["Mode"]
        arn = f"arn:aws:states:us-east-1:000000000000:stateMachine:{machine}"
        described = aws.client("stepfunctions").describe_state_machine(stateMachineArn=arn)
        found.append((mode, described.get("tracingConfiguration", {}).get("enabled")))
    assert found == [("Active", True), ("PassThrough", False), ("Active", True)]


def test_a_key_of_ones_own_reaches_table_bucket_and_topic(aws: Account) -> None:
    """SSESpecification, BucketEncryption and KmsMasterKeyId, on creation and on update; and they go again."""
    stack, bucket, topic = fresh("stack"), fresh("bucket"), fresh("topic")
    keys = [str(aws.client("kms").create_key()["KeyMetadata"]["Arn"]) for _ in range(2)]

    def encrypted(key: str) -> dict[str, Any]:
        default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
        rules = [{"BucketKeyEnabled": True, "ServerSideEncryptionByDefault": default}]
        specification = {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}
        return {
            "Table": ("AWS::DynamoDB::Table", {**UNNAMED, **({"SSESpecification": specification} if key else {})}),
            "Bucket": ("AWS::S3::Bucket", {
                "BucketName": bucket, **({"BucketEncryption": {"ServerSideEncryptionConfiguration": rules}} if key else {}),
            }),
            "Topic": ("AWS::SNS::Topic", {"TopicName": topic, **({"KmsMasterKeyId": key} if key else {})}),
        }  # fmt: skip

    def found() -> list[Any]:
        table = aws.client("dynamodb").describe_table(TableName=of_stack(aws, stack))["Table"]
        rules = aws.client("s3").get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
        arn = f"arn:aws:sns:us-east-1:000000000000:{topic}"
        attributes = aws.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
        return [
            table.get("SSEDescription", {}).get("KMSMasterKeyArn"),
            rules[0]["ApplyServerSideEncryptionByDefault"].get("KMSMasterKeyID"),
            attributes.get("KmsMasterKeyId"),
        ]

    for number, key in enumerate([*keys, ""]):
        deployed(aws, stack, encrypted(key), update=number > 0)
        assert found() == [key or None] * 3


def test_a_schedule_gets_its_time_zone(aws: Account) -> None:
    """ScheduleExpressionTimezone."""
    name = fresh("schedule")
    properties = {
        "Name": name,
        "ScheduleExpression": "cron(0 6 1 * ? *)",
        "ScheduleExpressionTimezone": "Europe/Berlin",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": "arn:aws:lambda:us-east-1:000000000000:function:producer", "RoleArn": ROLE},
    }
    deployed(aws, name, {"Schedule": ("AWS::Scheduler::Schedule", properties)})
    assert aws.client("scheduler").get_schedule(Name=name)["ScheduleExpressionTimezone"] == "Europe/Berlin"


def test_a_mapping_gets_its_defaults_and_its_state(aws: Account) -> None:
    """Enabled: false makes a disabled mapping; what the template leaves out has AWS's default."""
    function = aws.function("def handler(event, context):\n    pass")
    _table, stream = aws.stream_table()
    properties = {
        "FunctionName": function.name,
        "EventSourceArn": stream,
        "StartingPosition": "LATEST",
        "Enabled": False,
    }
    deployed(aws, fresh("mapping"), {"Mapping": ("AWS::Lambda::EventSourceMapping", properties)})
    (mapping,) = aws.client("lambda").list_event_source_mappings(FunctionName=function.name)["EventSourceMappings"]
    shown = [mapping.get(name) for name in ("State", "BatchSize", "ParallelizationFactor")]
    assert shown == ["Disabled", 100, 1]
