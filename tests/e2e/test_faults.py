"""The fault that the demo orders: a function's process killed at a named moment."""

from collections.abc import Iterator

import pytest

from local.stack import engine_pages
from tests.conformance.account import Account

_INSERTS = """
import botocore.session

def handler(event, context):
    client = botocore.session.get_session().create_client("dynamodb")
    for start in event["starts"]:
        statements = [
            {"Statement": f'INSERT INTO "{event["table"]}" VALUE ?', "Parameters": [{"M": {"id": {"S": str(start + n)}}}]}
            for n in range(10)
        ]
        client.batch_execute_statement(Statements=statements)
    return "done"
"""


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """An account on an engine of its own."""
    account = Account(tmp_path_factory.mktemp("engine"))
    yield account
    account.stop()


def test_killed_in_the_middle_of_a_batch(account: Account) -> None:
    """The statements up to the moment are carried out and those after it never; the caller hears Runtime.ExitError.

    It strikes once: the next invocation gets a fresh process and goes on.
    """
    table, _ = account.stream_table()
    function = account.function(_INSERTS)
    engine_pages.kill_after(account.url, table=table, new_items=13, function=function.name)

    answer = account.invoke(function, {"table": table, "starts": [0, 10, 20]})
    assert answer["errorType"] == "Runtime.ExitError"
    assert "signal: killed" in answer["errorMessage"]
    assert len(engine_pages.killed_pids(account.url)) == 1
    scanned = account.client("dynamodb").scan(TableName=table)["Items"]
    assert sorted(int(item["id"]["S"]) for item in scanned) == list(range(13))

    assert account.invoke(function, {"table": table, "starts": [20]}) == "done"
    assert account.client("dynamodb").scan(TableName=table, Select="COUNT")["Count"] == 23


def test_a_malformed_order_is_refused(account: Account) -> None:
    with pytest.raises(OSError, match="400"):
        engine_pages.kill_after(account.url, table="t", new_items=0, function="f")


def test_what_was_called_off_kills_nobody(account: Account) -> None:
    table, _ = account.stream_table()
    function = account.function(_INSERTS)
    engine_pages.kill_after(account.url, table=table, new_items=3, function=function.name)
    engine_pages.disarm(account.url)
    assert account.invoke(function, {"table": table, "starts": [0]}) == "done"
    assert engine_pages.killed_pids(account.url) == []
