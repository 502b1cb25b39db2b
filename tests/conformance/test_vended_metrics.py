"""What services measure of themselves (source: sfn-metrics, ses-metrics, sqs-active)."""

from tests.conformance.account import Account, eventually, fresh
from tests.conformance.measured import total
from tests.conformance.ses_account import SesAccount


def test_a_state_machine_measures_its_starts(aws: Account) -> None:
    """A repeated start of the same name starts nothing anew."""
    states = aws.client("stepfunctions")
    machine = aws.state_machine({"StartAt": "Only", "States": {"Only": {"Type": "Wait", "Seconds": 1, "End": True}}})
    for name in ("one", "two", "two"):
        states.start_execution(stateMachineArn=machine, name=name)
    assert total(aws.client("cloudwatch"), "AWS/States", "ExecutionsStarted", StateMachineArn=machine) == 2


def test_ses_measures_what_became_of_the_mails(aws: Account) -> None:
    account = SesAccount(aws)
    for name in ("success", "bounce", "complaint"):
        account.send(f"{name}@simulator.amazonses.com")
    expected = {"Send": 3, "Delivery": 2, "Bounce": 1, "Complaint": 1}
    client = account.client("cloudwatch")
    eventually(lambda: {name: total(client, "AWS/SES", name) for name in expected} == expected)


def test_a_queue_measures_each_minute_what_can_be_received(aws: Account) -> None:
    """One that never held a message measures nothing."""
    sqs, client = aws.client("sqs"), aws.client("cloudwatch")
    full, empty = fresh("queue"), fresh("queue")
    sqs.create_queue(QueueName=empty)
    sqs.send_message(QueueUrl=sqs.create_queue(QueueName=full)["QueueUrl"], MessageBody="{}")
    metric = "ApproximateNumberOfMessagesVisible"
    eventually(lambda: total(client, "AWS/SQS", metric, QueueName=full) == 1, within_s=70)
    listed = client.list_metrics(Namespace="AWS/SQS", Dimensions=[{"Name": "QueueName", "Value": empty}])
    assert listed["Metrics"] == []
