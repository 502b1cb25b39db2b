"""A table between the two functions: a new item's record in its stream starts the function that sends. DynamoDB Streams.

An item's key is the month and the user, and is put only if it is not there: a main function that is started again adds
nothing twice. Each record is an invocation of its own; one that fails is retried, and in the end told to a queue. So many
run at once that the rate can be reached, and each keeps to its part of it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from typing import Any

import boto3
from boto3.dynamodb.types import TypeDeserializer

from bench.contestants import functions
from bench.contestants.common import Pace, User, ask, ses, users
from bench.contestants.functions import MAIN, SEND
from bench.shootout.contestant import Contestant, Ground

TABLE, DEAD, PERIOD = "shootout-emails", "shootout-dead-letters", "2026-10"
TIMEOUT_S = 15
RETRIES = 5
LANES = 4
_NEW = json.dumps({"eventName": ["INSERT"]})
_from_stream = TypeDeserializer().deserialize


class Streams(Contestant):
    name = "streams"
    title = "DynamoDB Streams and Lambda"
    described = (
        "A function puts an item for every user, under a key of their own; its stream starts the function that sends."
    )
    sending_functions: Sequence[str] = (SEND,)
    because: Mapping[str, str] = {
        "restarted": "an item is put once",
        "killed": "Lambda calls the function again with the same record, and its mail may be out",
        "unheard": "boto3 asks again when no answer comes, and SES has accepted already",
        "crowded": "a record that has failed as often as the mapping allows is given up, and told to a queue",
    }

    def prepare(self, ground: Ground) -> None:
        functions.upload_users(ground)
        stream = _create_table(functions.client(ground, "dynamodb"))
        sqs = functions.client(ground, "sqs")
        url = sqs.create_queue(QueueName=DEAD)["QueueUrl"]
        dead = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        functions.create(ground, "streams", MAIN, "main", functions.MAIN_TIMEOUT_S)
        functions.create(ground, "streams", SEND, "send_email", TIMEOUT_S)
        functions.client(ground, "lambda").create_event_source_mapping(
            FunctionName=SEND,
            EventSourceArn=stream,
            StartingPosition="TRIM_HORIZON",
            BatchSize=1,
            ParallelizationFactor=LANES,
            MaximumRetryAttempts=RETRIES,
            FilterCriteria={"Filters": [{"Pattern": _NEW}]},
            DestinationConfig={"OnFailure": {"Destination": dead}},
        )

    def producer(self, ground: Ground) -> list[str]:  # noqa: ARG002
        return functions.command()

    def idle(self, ground: Ground) -> bool:
        """What Lambda tells of it: whether its last call went well, or what it has given up."""
        mapping = functions.client(ground, "lambda").list_event_source_mappings(FunctionName=SEND)[
            "EventSourceMappings"
        ][0]
        return mapping["LastProcessingResult"] == "OK" or _dead_letters(ground) > 0

    def held(self, ground: Ground) -> set[str]:
        sqs, streams = functions.client(ground, "sqs"), functions.client(ground, "dynamodbstreams")
        url, found = sqs.get_queue_url(QueueName=DEAD)["QueueUrl"], set()
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                found.add(_given_up(streams, json.loads(message["Body"])["DDBStreamBatchInfo"]).user_id)
        return found


CONTESTANT = Streams()


def _dead_letters(ground: Ground) -> int:
    sqs = functions.client(ground, "sqs")
    url = sqs.get_queue_url(QueueName=DEAD)["QueueUrl"]
    counted = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    return int(counted["Attributes"]["ApproximateNumberOfMessages"])


def _given_up(streams: Any, where: Mapping[str, Any]) -> User:
    """The user of the one record of a batch; the stream keeps it for a day."""
    iterator = streams.get_shard_iterator(
        StreamArn=where["streamArn"],
        ShardId=where["shardId"],
        ShardIteratorType="AT_SEQUENCE_NUMBER",
        SequenceNumber=where["startSequenceNumber"],
    )["ShardIterator"]
    return _user(streams.get_records(ShardIterator=iterator, Limit=1)["Records"][0])


def _create_table(dynamodb: Any) -> str:
    """Its stream's ARN."""
    table = dynamodb.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    return str(table["TableDescription"]["LatestStreamArn"])


def main(_event: object, _context: object) -> None:
    """mainFunction: an item for every user who has none yet."""
    table, ground = boto3.resource("dynamodb").Table(TABLE), Ground.of_environment()
    for user in users(ground, functions.read_users()):
        item = {"key": f"{PERIOD}#{user.user_id}", **asdict(user)}
        try:
            table.put_item(
                Item=item, ConditionExpression="attribute_not_exists(#key)", ExpressionAttributeNames={"#key": "key"}
            )
        except table.meta.client.exceptions.ConditionalCheckFailedException:
            continue  # it has had its item before


@cache
def _kept() -> tuple[Any, Pace]:
    """What a warm function keeps from one invocation to the next."""
    return ses(), Pace(Ground.of_environment().rate / LANES)


def send_email(event: dict[str, Any], _context: object) -> None:
    """sendEmail: the one record of its batch."""
    client, pace = _kept()
    pace.wait()
    ask(client, _user(event["Records"][0]))


def _user(record: Mapping[str, Any]) -> User:
    item = {name: _from_stream(value) for name, value in record["dynamodb"]["NewImage"].items() if name != "key"}
    return User(**item)
