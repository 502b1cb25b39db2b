"""The fault that the demo orders: a function's process killed at a named moment."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

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


def test_a_process_that_runs_no_function_is_killed_as_well(account: Account) -> None:
    """The request that was the last one's is cut; what it wrote stays."""
    table, _ = account.stream_table()
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as process:
        engine_pages.kill_pid_after(account.url, table=table, new_items=2, pid=process.pid)
        account.client("dynamodb").put_item(TableName=table, Item={"id": {"S": "1"}})
        assert process.poll() is None
        with pytest.raises((ClientError, BotoCoreError)):
            account.client("dynamodb").put_item(TableName=table, Item={"id": {"S": "2"}})
        assert process.wait(10) == -signal.SIGKILL
    assert engine_pages.killed_pids(account.url) == [process.pid]
    assert account.client("dynamodb").scan(TableName=table, Select="COUNT")["Count"] == 2


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


_SLEEPS = """
import time

def handler(event, context):
    time.sleep(event["seconds"])
    return "done"
"""


def test_all_processes_of_a_function_are_killed_busy_or_not(account: Account) -> None:
    function, other = account.function(_SLEEPS), account.function(_SLEEPS)
    for one in (function, other):
        assert account.invoke(one, {"seconds": 0}) == "done"
    assert len(engine_pages.kill_all(account.url, [function.name])) == 1
    assert engine_pages.kill_all(account.url, [function.name]) == []
    assert account.invoke(function, {"seconds": 0}) == "done"
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(account.invoke, function, {"seconds": 20})
        time.sleep(1)
        assert len(engine_pages.kill_all(account.url, [function.name])) == 1
        assert answer.result()["errorType"] == "Runtime.ExitError"


def test_another_sender_takes_its_share_of_the_rate(account: Account) -> None:
    """A bucket that is empty fills up with what is left: of ten a second, three."""
    ses = account.client("sesv2")
    ses.create_email_identity(EmailIdentity="example.com")
    engine_pages.set_ses(account.url, rate=10, others=0.7)
    accepted = [_accepted(ses) for _ in range(10)]
    time.sleep(1)
    accepted += [_accepted(ses) for _ in range(8)]
    engine_pages.set_ses(account.url, rate=None, others=None)
    assert all(accepted[:10])
    assert 2 <= sum(accepted[10:]) <= 6


def _accepted(ses: Any) -> bool:
    mail = {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}}
    try:
        ses.send_email(FromEmailAddress="a@example.com", Destination={"ToAddresses": ["b@example.com"]}, Content=mail)
    except ses.exceptions.TooManyRequestsException:
        return False
    return True
