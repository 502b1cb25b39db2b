"""An alarm's state follows from its metric (source: alarm-missing, alarm-dynamodb)."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.conformance.account import Account, eventually, fresh

DIMENSIONS = [{"Name": "service", "Value": "sweeper"}]


def whole_minute() -> datetime:
    """The last one, with time enough to act on it before the next."""
    if time.time() % 60 > 45:
        time.sleep(60 - time.time() % 60)
    return datetime.now(UTC).replace(second=0, microsecond=0)


def measure(aws: Account, namespace: str, data: str, dimensions: Any = DIMENSIONS) -> None:
    """A character is a minute, the last one the one that has just ended: X breaches, 0 does not, - is missing."""
    ended = whole_minute()
    measured = [
        {
            "MetricName": "held",
            "Dimensions": dimensions,
            "Timestamp": ended - timedelta(minutes=ago, seconds=-10),
            "Value": 5 if each == "X" else 0,
        }
        for ago, each in zip(range(len(data), 0, -1), data, strict=True)
        if each != "-"
    ]
    if measured:
        aws.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=measured)


def alarm(aws: Account, namespace: str, **settings: Any) -> str:
    name = fresh("alarm")
    aws.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace=namespace,
        **{"MetricName": "held", "Dimensions": DIMENSIONS}
        | {"Statistic": "Maximum", "Period": 60, "Threshold": 0, "ComparisonOperator": "GreaterThanThreshold"}
        | {"EvaluationPeriods": 3}
        | settings,
    )
    return name


def described(aws: Account, name: str) -> Any:
    (found,) = aws.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return found


def test_what_is_missing_counts_as_the_alarm_says(aws: Account) -> None:
    """The rows of AWS's tables, a new alarm of each: missing, ignore, breaching, notBreaching."""
    fresh_one = "INSUFFICIENT_DATA"
    table = {
        ("0-X-X", 3): ("OK", "OK", "OK", "OK"),
        ("----0", 3): ("OK", "OK", "OK", "OK"),
        ("-----", 3): (fresh_one, fresh_one, fresh_one, "OK"),  # has just started; later the third is ALARM
        ("0XX-X", 3): ("ALARM", "ALARM", "ALARM", "ALARM"),
        ("--X--", 3): ("ALARM", fresh_one, "ALARM", "OK"),
        ("0-X-X", 2): ("ALARM", "ALARM", "ALARM", "ALARM"),
        ("0-X--", 2): ("OK", "OK", "ALARM", "OK"),
        ("----0", 2): ("OK", "OK", "ALARM", "OK"),
        ("---X-", 2): ("ALARM", fresh_one, "ALARM", "OK"),
    }
    found = {}
    for data, to_alarm in table:
        namespace = fresh("stack")
        measure(aws, namespace, data)
        names = [
            alarm(aws, namespace, DatapointsToAlarm=to_alarm, TreatMissingData=missing)
            for missing in ("missing", "ignore", "breaching", "notBreaching")
        ]
        found[data, to_alarm] = tuple(described(aws, name)["StateValue"] for name in names)
    assert found == table


def test_the_metric_is_the_one_with_exactly_these_dimensions(aws: Account) -> None:
    namespace = fresh("stack")
    measure(aws, namespace, "XXXXX", [])
    measure(aws, namespace, "00000")
    assert described(aws, alarm(aws, namespace))["StateValue"] == "OK"


def test_a_period_counts_when_it_is_over_and_the_topic_is_told_although_nobody_asks(aws: Account) -> None:
    """Here of what a function prints."""
    namespace, sqs, sns = fresh("stack"), aws.client("sqs"), aws.client("sns")
    queue = sqs.create_queue(QueueName=fresh("queue"))["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = sns.create_topic(Name=fresh("topic"))["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    began = whole_minute()
    name = alarm(aws, namespace, EvaluationPeriods=1, TreatMissingData="notBreaching", AlarmActions=[topic])
    before = described(aws, name)["StateValue"]
    directive = {"Namespace": namespace, "Dimensions": [["service"]], "Metrics": [{"Name": "held"}]}
    printed = {"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}, "service": "sweeper"}
    aws.invoke(aws.function("def handler(event, context):\n    print(json.dumps(event))"), {**printed, "held": 1})
    assert (before, described(aws, name)["StateValue"]) == ("OK", "OK")
    told = eventually(lambda: sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5).get("Messages"), within_s=75)
    said = json.loads(json.loads(told[0]["Body"])["Message"])
    assert (said["AlarmName"], said["NewStateValue"]) == (name, "ALARM")
    assert described(aws, name)["StateUpdatedTimestamp"] >= began + timedelta(minutes=1)


def test_a_state_that_was_set_holds_for_the_alarms_period(aws: Account) -> None:
    """Shorter on AWS; long enough here to look at it, whatever is measured meanwhile."""
    namespace, client = fresh("stack"), aws.client("cloudwatch")
    measure(aws, namespace, "00000")
    name = alarm(aws, namespace)
    assert described(aws, name)["StateValue"] == "OK"
    client.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="rehearsed")
    measure(aws, namespace, "00000")
    assert described(aws, name)["StateValue"] == "ALARM"
