"""The stand-in for AWS, asked by the product's own adapters through the SDK."""

import time
from datetime import UTC, datetime
from threading import get_ident
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from bench.producer.latencies import Latencies
from bench.producer.standin import OUTBOX, StandIn
from mail.usage.variables import template_data
from shared.aws.athena import Athena
from shared.aws.dynamodb import DynamoTable
from shared.aws.dynamodb_wire import to_wire
from shared.keys import Key
from shared.outbox.new_message import new_item
from shared.periods import Period
from shared.producing.pages import ResultPage
from shared.rendering.addresses import usable_email
from shared.store import Answer, Item, Term, Write

OCTOBER = Period.parse("2026-10")
NOW = datetime(2026, 11, 1, 6, tzinfo=UTC)


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> boto3.session.Session:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    return boto3.session.Session("local", "local", region_name="us-east-1")


def stand_in(session: boto3.session.Session, rows: int, latencies_ms: Latencies | None = None) -> StandIn:
    made = StandIn(rows, latencies_ms or {"": (0, 0)})
    made.register(session.events)
    return made


def pages(session: boto3.session.Session) -> list[ResultPage]:
    athena, read = Athena(session, "usage", "usage", "s3://usage/"), []
    read.append(athena.page("query-1", ""))
    while read[-1].next_token:
        read.append(athena.page("query-1", read[-1].next_token))
    return read


def items(session: boto3.session.Session) -> list[Item]:
    """Of every row its message, made as the producer makes it."""
    return [
        new_item(
            Key.of(row["user_id"], "2026-10"), usable_email(row["email"]), template_data(row, OCTOBER), "usage",
            "usage@example.com", NOW, NOW,
        )
        for page in pages(session)
        for row in page.rows
    ]  # fmt: skip


def test_its_pages_are_athenas(session: boto3.session.Session) -> None:
    """A thousand rows each, the header among the first page's; users ascending, each once, each with a message."""
    aws = stand_in(session, 2_500)
    read = pages(session)
    assert [len(page.rows) for page in read] == [999, 1000, 501]
    users = [row["user_id"] or "" for page in read for row in page.rows]
    assert users == sorted(set(users))
    assert len(users) == aws.read == 2_500
    assert read[0].rows[0]["previous_minutes"] is None
    assert len(items(session)) == 2_500


def test_a_result_may_end_with_a_page(session: boto3.session.Session) -> None:
    stand_in(session, 1_999)
    assert [len(page.rows) for page in pages(session)] == [999, 1000]


def test_a_write_that_is_refused_is_told_what_stood_in_its_way(session: boto3.session.Session) -> None:
    stand_in(session, 1)
    control = DynamoTable(session.client("dynamodb"), "control")
    first = Write({"name": "run#2026-10"}, ((Term("fence", "absent"),),), {"fence": 1})
    assert control.write(first) == Answer(True, {"name": "run#2026-10", "fence": 1})
    assert control.write(first) == Answer(False, {"name": "run#2026-10", "fence": 1})


def test_a_message_is_put_once(session: boto3.session.Session) -> None:
    aws = stand_in(session, 60)
    made = items(session)
    table = DynamoTable(session.client("dynamodb"), OUTBOX, writers=2)
    assert table.insert(made[:30]) == [True] * 30
    assert table.insert(made) == [False] * 30 + [True] * 30
    assert (aws.put, aws.refused, aws.calls["BatchExecuteStatement"]) == (60, 30, 5)


def test_put_item_is_refused_for_whom_there_is_a_message(session: boto3.session.Session) -> None:
    aws = stand_in(session, 2)
    first, second = (to_wire(item) for item in items(session))
    client = session.client("dynamodb")

    def put(item: Any) -> None:
        client.put_item(TableName=OUTBOX, Item=item, ConditionExpression="attribute_not_exists(user_id)")

    put(first)
    with pytest.raises(client.exceptions.ConditionalCheckFailedException):
        put(first)
    put(second)
    assert (aws.put, aws.refused) == (2, 1)


def test_the_caller_waits_as_declared(session: boto3.session.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[tuple[int, float]] = []
    monkeypatch.setattr(time, "sleep", lambda seconds: slept.append((get_ident(), seconds)))
    stand_in(session, 30, {"BatchExecuteStatement": (10, 1), "GetQueryResults": (70, 0), "": (3, 0)})
    made = items(session)
    DynamoTable(session.client("dynamodb"), OUTBOX, writers=2).insert(made)
    DynamoTable(session.client("dynamodb"), "control").get({"name": "campaign"})
    assert sorted(seconds for _, seconds in slept) == pytest.approx([0.003, 0.015, 0.035, 0.07])
    waiting = {seconds: thread for thread, seconds in slept}
    assert waiting[0.07] == waiting[0.003] == get_ident()
    assert get_ident() not in (waiting[0.015], waiting[0.035])


def test_what_it_does_not_know_it_does_not_answer(session: boto3.session.Session) -> None:
    stand_in(session, 1)
    with pytest.raises((KeyError, ClientError)):
        session.client("dynamodb").list_tables()
