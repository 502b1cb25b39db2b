"""A queue's name is taken until a minute after the queue was deleted (source: sqs-deleted)."""

import json

from tests.conformance.account import Account, eventually, fresh, refusal


def stack_with(aws: Account, name: str) -> str:
    """What a stack whose queue has this name ends as."""
    stack, client = fresh("stack"), aws.client("cloudformation")
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name}}
    client.create_stack(StackName=stack, TemplateBody=json.dumps({"Resources": {"Queue": queue}}))

    def status() -> str:
        return str(client.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"])

    eventually(lambda: not status().endswith("IN_PROGRESS"))
    return status()


def test_a_queue_of_a_deleted_ones_name_is_refused(aws: Account) -> None:
    client, name = aws.client("sqs"), fresh("queue")
    client.delete_queue(QueueUrl=client.create_queue(QueueName=name)["QueueUrl"])
    client.create_queue(QueueName=fresh("queue"))
    assert "QueueDeletedRecently" in refusal(lambda: client.create_queue(QueueName=name))
    assert stack_with(aws, name) == "ROLLBACK_COMPLETE"
    assert stack_with(aws, fresh("queue")) == "CREATE_COMPLETE"


def test_so_is_one_whose_stack_has_deleted_it(aws: Account) -> None:
    client, name, stack = aws.client("cloudformation"), fresh("queue"), fresh("stack")
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name}}
    client.create_stack(StackName=stack, TemplateBody=json.dumps({"Resources": {"Queue": queue}}))
    client.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    client.delete_stack(StackName=stack)
    client.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    assert stack_with(aws, name) == "ROLLBACK_COMPLETE"
