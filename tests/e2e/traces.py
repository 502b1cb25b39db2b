"""Where a recipient may leave a trace on a deployed stack."""

from collections.abc import Iterator
from typing import Any

from local.stack import engine_pages
from local.stack.deployment import Deployment


def logs(deployment: Deployment) -> Iterator[Any]:
    client = deployment.client("logs")
    for page in client.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            for events in client.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"]):
                yield from (event["message"] for event in events["events"])


def metrics(deployment: Deployment) -> Iterator[Any]:
    for page in deployment.client("cloudwatch").get_paginator("list_metrics").paginate():
        yield from page["Metrics"]


def control(deployment: Deployment) -> Iterator[Any]:
    return _items(deployment, "ControlTableName")


def outbox(deployment: Deployment) -> Iterator[Any]:
    return _items(deployment, "OutboxTableName")


def _items(deployment: Deployment, table: str) -> Iterator[Any]:
    for page in deployment.client("dynamodb").get_paginator("scan").paginate(TableName=deployment.outputs()[table]):
        yield from page["Items"]


def executions(deployment: Deployment) -> Iterator[Any]:
    states, machine = deployment.client("stepfunctions"), deployment.outputs()["SendStateMachineArn"]
    for page in states.get_paginator("list_executions").paginate(stateMachineArn=machine):
        for execution in page["executions"]:
            arn = execution["executionArn"]
            yield states.describe_execution(executionArn=arn)
            for events in states.get_paginator("get_execution_history").paginate(executionArn=arn):
                yield from events["events"]


def dead_letters(deployment: Deployment) -> Iterator[Any]:
    queue = deployment.outputs()["DeadLettersUrl"]
    while messages := deployment.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        yield from messages


def tags(deployment: Deployment) -> Iterator[Any]:
    for mail in engine_pages.mails(deployment.url):
        yield from mail["Tags"].items()


def rejected(deployment: Deployment) -> Iterator[Any]:
    return _lines(deployment, "rejected/")


def results(deployment: Deployment) -> Iterator[Any]:
    return _lines(deployment, "athena/")


def _lines(deployment: Deployment, prefix: str) -> Iterator[Any]:
    s3, bucket = deployment.client("s3"), deployment.outputs()["UsageBucketName"]
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for found in page.get("Contents", ()):
            yield from s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read().decode().split("\n")
