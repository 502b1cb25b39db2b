"""The month in a storm, on a deployed stack of its own, counted in the SES inbox; and each fault by itself."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from rich.console import Console

from local.chaos.command import SEED
from local.chaos.outcome import ChaosOutcome
from local.chaos.run import run
from local.stack import engine_pages
from local.stack.parameters import FASTER
from local.stack.stack import passing_stack
from local.usage.choice import choose
from tests.conformance.account import Account, eventually
from tests.conformance.ses_account import SesAccount

MESSAGES = 60


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> ChaosOutcome:
    """What came of 60 messages."""
    folder = tmp_path_factory.mktemp("chaos")
    choice = choose("", "2026-10", MESSAGES, folder / "usage.csv")
    with passing_stack(folder, lambda _: None, FASTER) as deployment:
        return run(deployment, choice, SEED, Console(file=io.StringIO()))


def test_nobody_has_two_mails_and_nobody_is_lost(outcome: ChaosOutcome) -> None:
    """A message whose user has no mail is FAILED or UNCERTAIN, with a reason; no other message is either."""
    assert outcome.figures["chaos_messages"] == MESSAGES
    assert (outcome.audit.duplicates, outcome.audit.lost, outcome.audit.astray) == (0, [], [])
    assert outcome.unresolved == []
    assert outcome.audit.sent == MESSAGES - len(outcome.audit.failed)
    assert len(outcome.audit.failed) == outcome.failed + outcome.uncertain
    assert outcome.holds


def test_the_storm_was_one(outcome: ChaosOutcome) -> None:
    assert outcome.struck.kills >= 1
    assert outcome.struck.dropped_answers >= 1
    assert outcome.sweeps >= 1


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """An account on an engine of its own."""
    account = Account(tmp_path_factory.mktemp("engine"))
    yield account
    account.stop()


@pytest.fixture
def storm(account: Account) -> Iterator[str]:
    """The URL to order a storm at; it is called off afterwards."""
    yield account.url
    engine_pages.end_storm(account.url)


def test_an_answer_of_ses_gets_lost_after_it_accepted(account: Account, storm: str) -> None:
    """The caller sees a closed connection, the recipient a mail."""
    ses = SesAccount(account)
    engine_pages.begin_storm(storm, drop_ses_answers=1.0)
    with pytest.raises(ConnectionClosedError):
        ses.send("kept@example.com")
    assert [mail["To"] for mail in ses.inbox()] == [["kept@example.com"]]
    assert engine_pages.struck(storm)["dropped_answers"] == 1

    engine_pages.end_storm(storm)
    assert ses.send("answered@example.com")


def test_ses_refuses_for_the_rate(account: Account, storm: str) -> None:
    ses = SesAccount(account)
    engine_pages.begin_storm(storm, throttle_ses=1.0)
    with pytest.raises(ClientError, match="Maximum sending rate exceeded"):
        ses.send("refused@example.com")
    assert list(ses.inbox()) == []
    engine_pages.end_storm(storm)
    assert ses.send("accepted@example.com")


def test_a_batch_is_delivered_twice(account: Account, storm: str) -> None:
    table, stream = account.stream_table()
    function = account.function(
        "def handler(event, _): note([r['dynamodb']['SequenceNumber'] for r in event['Records']])"
    )
    engine_pages.begin_storm(storm, deliver_twice=1.0)
    account.client("lambda").create_event_source_mapping(
        FunctionName=function.name, EventSourceArn=stream, StartingPosition="TRIM_HORIZON"
    )
    account.client("dynamodb").put_item(TableName=table, Item={"id": {"S": "1"}})
    first, second = eventually(lambda: function.notes() if len(function.notes()) == 2 else None)
    assert first == second
    assert engine_pages.struck(storm)["repeated_batches"] == 1


def test_a_busy_worker_is_killed_and_others_are_not(account: Account, storm: str) -> None:
    """Only those of the functions that are named."""
    safe, victim = (account.function("def handler(event, _): time.sleep(1); return 'done'") for _ in range(2))
    engine_pages.begin_storm(storm, kill_every_s=0.05, functions=[victim.name])
    assert account.invoke(safe) == "done"
    assert account.invoke(victim)["errorType"] == "Runtime.ExitError"
    struck = engine_pages.struck(storm)
    assert struck["killed"] == {victim.name: struck["kills"]}


@pytest.mark.parametrize(
    "order",
    [{"drop_ses_answers": 2}, {"throttle_ses": -0.1}, {"kill_every_s": -1}, {"functions": "f"}, {"speed": 1}],
)
def test_a_malformed_storm_is_refused(storm: str, order: dict[str, Any]) -> None:
    with pytest.raises(OSError, match="400"):
        engine_pages.begin_storm(storm, **order)
