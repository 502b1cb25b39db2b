"""A queue between the function that knows the users and the function that sends: Amazon SQS, as AWS recommends it.

The visibility timeout is six times the function's, failed messages alone come again, and what fails five times goes to a
dead-letter queue. So many functions work at once that the rate can be reached, and each keeps to its part of it.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from typing import Any

import boto3

from bench.contestants import functions
from bench.contestants.common import Pace, User, ask, batches, ses, users
from bench.contestants.functions import MAIN, SEND
from bench.shootout.contestant import Contestant, Ground

QUEUE, DEAD = "shootout-emails", "shootout-dead-letters"
BATCH = 10
CONCURRENCY = 4
TIMEOUT_S = 5
VISIBLE_AFTER_S = 6 * TIMEOUT_S
RECEIVED_AT_MOST = 5
_COUNTS = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"]


class Sqs(Contestant):
    name = "sqs"
    title = "SQS queue and worker"
    described = "A function puts every user into a queue; another takes ten at a time and sends."
    sending_functions: Sequence[str] = (SEND,)
    because: Mapping[str, str] = {
        "restarted": "the main function begins with the first user, and a queue takes the same user twice",
        "killed": "the messages of a killed batch come again after the visibility timeout, those that were sent as well",
        "unheard": "boto3 asks again when no answer comes, and SES has accepted already",
        "crowded": "what was received five times in vain is in the dead-letter queue",
    }

    def prepare(self, ground: Ground) -> None:
        functions.upload_users(ground)
        sqs = functions.client(ground, "sqs")
        dead = _arn(sqs, sqs.create_queue(QueueName=DEAD)["QueueUrl"])
        redrive = {"deadLetterTargetArn": dead, "maxReceiveCount": str(RECEIVED_AT_MOST)}
        settings = {"VisibilityTimeout": str(VISIBLE_AFTER_S), "RedrivePolicy": json.dumps(redrive)}
        url = sqs.create_queue(QueueName=QUEUE, Attributes=settings)["QueueUrl"]
        functions.create(ground, "sqs", MAIN, "main", functions.MAIN_TIMEOUT_S, QUEUE_URL=url)
        functions.create(ground, "sqs", SEND, "send_email", TIMEOUT_S)
        functions.client(ground, "lambda").create_event_source_mapping(
            FunctionName=SEND,
            EventSourceArn=_arn(sqs, url),
            BatchSize=BATCH,
            FunctionResponseTypes=["ReportBatchItemFailures"],
            ScalingConfig={"MaximumConcurrency": CONCURRENCY},
        )

    def producer(self, ground: Ground) -> list[str]:  # noqa: ARG002
        return functions.command()

    def idle(self, ground: Ground) -> bool:
        sqs = functions.client(ground, "sqs")
        url = sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]
        counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=_COUNTS)["Attributes"]
        return not any(int(counts[name]) for name in _COUNTS)

    def held(self, ground: Ground) -> set[str]:
        sqs = functions.client(ground, "sqs")
        url, found = sqs.get_queue_url(QueueName=DEAD)["QueueUrl"], set()
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            found |= {json.loads(message["Body"])["user_id"] for message in messages}
        return found


CONTESTANT = Sqs()


def _arn(sqs: Any, url: str) -> str:
    return str(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"])


def main(_event: object, _context: object) -> None:
    """mainFunction: every user into the queue."""
    sqs: Any = boto3.client("sqs")
    ground = Ground.of_environment()
    for batch in batches(users(ground, functions.read_users()), BATCH):
        entries = [{"Id": str(number), "MessageBody": json.dumps(asdict(user))} for number, user in enumerate(batch)]
        sqs.send_message_batch(QueueUrl=os.environ["QUEUE_URL"], Entries=entries)


@cache
def _kept() -> tuple[Any, Pace]:
    """What a warm function keeps from one invocation to the next."""
    return ses(), Pace(Ground.of_environment().rate / CONCURRENCY)


def send_email(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """sendEmail: a batch; what has failed comes again."""
    (client, pace), failed = _kept(), []
    for record in event["Records"]:
        try:
            pace.wait()
            ask(client, User(**json.loads(record["body"])))
        except Exception as error:
            print(f"{record['messageId']}: {error}")
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
