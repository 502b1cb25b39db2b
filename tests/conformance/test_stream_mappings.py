"""Event source mappings of DynamoDB streams: what is retried, split, discarded, and how much runs at once."""

import json
import time
from typing import Any

import pytest

from tests.conformance.account import Account, Function, eventually, fresh

NOTES_IDS = "ids = lambda event: [r['dynamodb']['Keys']['id']['S'] for r in event['Records']]\n"


def batches_of(records: int) -> dict[str, int]:
    """Settings by which that many records are one batch, however far apart they are read."""
    return {"BatchSize": records, "MaximumBatchingWindowInSeconds": 10}


class Source:
    """A table whose stream is mapped to a function, with a queue for discarded records."""

    def __init__(self, aws: Account, source: str, **settings: Any) -> None:
        self._aws = aws
        self.table, self.stream = aws.stream_table()
        self.function: Function = aws.function(NOTES_IDS + source)
        sqs = aws.client("sqs")
        self._queue = sqs.create_queue(QueueName=fresh("discarded"))["QueueUrl"]
        queue_arn = sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        self.mapping = aws.client("lambda").create_event_source_mapping(
            EventSourceArn=self.stream,
            FunctionName=self.function.name,
            StartingPosition="TRIM_HORIZON",
            **{"DestinationConfig": {"OnFailure": {"Destination": queue_arn}}, **settings},
        )

    def put(self, *ids: str, **attributes: str) -> None:
        """Write one item for each id."""
        for first in range(0, len(ids), 25):
            puts = [
                {"PutRequest": {"Item": {"id": {"S": i}, **{k: {"S": v} for k, v in attributes.items()}}}}
                for i in ids[first : first + 25]
            ]
            self._aws.client("dynamodb").batch_write_item(RequestItems={self.table: puts})

    def discards(self, number: int) -> list[dict[str, Any]]:
        """The notices of discarded records, once there are `number` of them."""
        notices: list[dict[str, Any]] = []

        def enough() -> bool:
            answer = self._aws.client("sqs").receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10)
            notices.extend(json.loads(message["Body"]) for message in answer.get("Messages", []))
            return len(notices) >= number

        eventually(enough)
        return notices


def test_a_partial_failure_is_retried_from_the_lowest_failure(aws: Account) -> None:
    """Records before the lowest reported sequence number are done; the rest comes again."""
    source = Source(
        aws,
        "def handler(event, context):\n"
        "    note(ids(event))\n"
        "    if len(event['Records']) == 4:\n"
        "        return {'batchItemFailures': [{'itemIdentifier': event['Records'][i]['dynamodb']['SequenceNumber']}\n"
        "                                      for i in (3, 2)]}",
        FunctionResponseTypes=["ReportBatchItemFailures"],
        **batches_of(4),
    )
    source.put("a", "b", "c", "d")
    eventually(lambda: len(source.function.notes()) == 2)
    assert source.function.notes() == [["a", "b", "c", "d"], ["c", "d"]]


@pytest.mark.parametrize("identifier", ["", None, "no-such-sequence-number"])
def test_a_malformed_failure_fails_the_whole_batch(aws: Account, identifier: str | None) -> None:
    """An item identifier that is empty, null or unknown makes the whole batch a failure."""
    source = Source(
        aws,
        "calls = []\n"
        "def handler(event, context):\n"
        "    note(ids(event))\n"
        "    calls.append(1)\n"
        f"    return {{'batchItemFailures': [{{'itemIdentifier': {identifier!r}}}]}} if len(calls) == 1 else None",
        FunctionResponseTypes=["ReportBatchItemFailures"],
        **batches_of(2),
    )
    source.put("a", "b")
    eventually(lambda: source.function.notes() == [["a", "b"], ["a", "b"]])


def test_retries_are_counted_and_then_the_records_are_discarded(aws: Account) -> None:
    """MaximumRetryAttempts retries after the first attempt, then a notice to OnFailure, and the shard moves on."""
    source = Source(
        aws,
        "def handler(event, context):\n    note(ids(event))\n    if 'poison' in ids(event): raise ValueError",
        MaximumRetryAttempts=2,
        BatchSize=1,
    )
    source.put("poison")
    source.put("next")
    (notice,) = source.discards(1)
    assert source.function.notes()[:3] == [["poison"]] * 3
    assert notice["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert notice["requestContext"]["approximateInvokeCount"] == 3
    assert notice["responseContext"]["functionError"] == "Unhandled"
    info = notice["DDBStreamBatchInfo"]
    assert (info["batchSize"], info["streamArn"]) == (1, source.stream)
    assert info["startSequenceNumber"] == info["endSequenceNumber"]
    eventually(lambda: source.function.notes()[3:] == [["next"]])


def test_bisecting_isolates_the_poison_record(aws: Account) -> None:
    """BisectBatchOnFunctionError splits a failed batch in two until only the record that fails is discarded."""
    source = Source(
        aws,
        "def handler(event, context):\n"
        "    if 'poison' in ids(event): raise ValueError\n"
        "    for i in ids(event): note(i)",
        MaximumRetryAttempts=0,
        BisectBatchOnFunctionError=True,
        **batches_of(4),
    )
    source.put("a", "b", "poison", "c")
    (notice,) = source.discards(1)
    assert notice["DDBStreamBatchInfo"]["batchSize"] == 1
    eventually(lambda: source.function.notes() == ["a", "b", "c"])


def test_parallelization_keeps_the_order_of_an_item(aws: Account) -> None:
    """ParallelizationFactor batches of a shard run at once, never two with records of one item."""
    source = Source(
        aws,
        "def handler(event, context):\n"
        "    for r in event['Records']: note(['in', ids(event)[0], r['dynamodb']['NewImage']['n']['S']])\n"
        "    time.sleep(0.3)\n"
        "    note(['out'])",
        ParallelizationFactor=4,
        BatchSize=1,
    )
    for n in ("1", "2", "3"):
        source.put("a", "b", "c", "d", "e", "f", n=n)
    notes = eventually(lambda: source.function.notes() if len(source.function.notes()) == 36 else None, within_s=8)
    running = most = 0
    for kind, *_rest in notes:
        running += 1 if kind == "in" else -1
        most = max(most, running)
    assert 1 < most <= 4
    for item in "abcdef":
        assert [note[2] for note in notes if note[0] == "in" and note[1] == item] == ["1", "2", "3"]


def test_a_batching_window_gathers_a_batch(aws: Account) -> None:
    """MaximumBatchingWindowInSeconds: records are gathered that long, unless the batch is full before."""
    source = Source(
        aws, "def handler(event, context):\n    note(ids(event))", MaximumBatchingWindowInSeconds=8, BatchSize=2
    )
    source.put("a")
    time.sleep(1.5)
    source.put("b")
    eventually(source.function.notes, within_s=4)
    assert source.function.notes() == [["a", "b"]]


def test_a_filter_fills_the_batch_with_what_matches(aws: Account) -> None:
    """Filters come before batching; {"exists": false} holds where the whole attribute is missing."""
    pattern = {"dynamodb": {"NewImage": {"status": {"S": ["PENDING"]}, "held": {"S": [{"exists": False}]}}}}
    source = Source(
        aws,
        "def handler(event, context):\n    note(ids(event))",
        FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]},
        BatchSize=2,
        MaximumBatchingWindowInSeconds=1,
    )
    source.put("a", status="PENDING")
    source.put("b", status="SENT")
    source.put("c", status="PENDING", held="yes")
    source.put("d", status="PENDING")
    eventually(lambda: source.function.notes() == [["a", "d"]])


def test_a_slow_mapping_does_not_hold_up_another(aws: Account) -> None:
    """Each mapping has its own pollers."""
    slow = Source(aws, "def handler(event, context):\n    note('in')\n    time.sleep(4)\n    note('out')")
    quick = Source(aws, "def handler(event, context):\n    note(time.time())")
    slow.put("a")
    eventually(slow.function.notes)
    quick.put("a")
    eventually(quick.function.notes, within_s=2)
    assert slow.function.notes() == ["in"]


def test_throttles_are_not_attempts(aws: Account) -> None:
    """A batch that did not reach the function was not attempted: neither retried-out nor counted for it."""
    source = Source(
        aws,
        "def handler(event, context):\n    note('in')\n    raise ValueError",
        MaximumRetryAttempts=0,
        Enabled=False,
    )
    client = aws.client("lambda")
    client.put_function_concurrency(FunctionName=source.function.name, ReservedConcurrentExecutions=0)
    client.update_event_source_mapping(UUID=source.mapping["UUID"], Enabled=True)
    source.put("a")
    time.sleep(0.5)
    client.delete_function_concurrency(FunctionName=source.function.name)
    (notice,) = source.discards(1)
    assert notice["requestContext"]["approximateInvokeCount"] == 1
    assert source.function.notes() == ["in"]


def test_a_mapping_shows_its_defaults(aws: Account) -> None:
    """What was not set is returned with AWS's default."""
    mapping = Source(aws, "def handler(event, context):\n    pass").mapping
    assert mapping["BatchSize"] == 100
    assert mapping["ParallelizationFactor"] == 1
    assert (mapping["MaximumRetryAttempts"], mapping["MaximumRecordAgeInSeconds"]) == (-1, -1)
    assert mapping["BisectBatchOnFunctionError"] is False
