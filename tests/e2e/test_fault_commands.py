"""Faults ordered by command, on an embedded AWS without the product: each strikes, is shown, and ends with `calm`."""

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from local.faults import run
from local.faults.parser import parser
from local.faults.summary import CALM
from local.stack import engine_pages
from tests.conformance.account import Account, eventually


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """An account on an engine of its own; its SES knows the sender."""
    account = Account(tmp_path_factory.mktemp("engine"))
    account.client("sesv2").create_email_identity(EmailIdentity="example.com")
    yield account
    account.stop()


@pytest.fixture
def order(account: Account) -> Iterator[Account]:
    """The account; all is calm again afterwards."""
    yield account
    assert given(account, "calm") == [CALM]


def given(account: Account, typed: str) -> list[str]:
    return run(parser().parse_args(typed.split()), account.url)


def send(account: Account) -> str:
    """ "" if SES accepted the mail, the error's code or name if not."""
    content = {"Simple": {"Subject": {"Data": "Usage"}, "Body": {"Text": {"Data": "Hello"}}}}
    to = {"ToAddresses": ["user@example.com"]}
    try:
        account.client("sesv2").send_email(FromEmailAddress="a@example.com", Destination=to, Content=content)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    except ConnectionClosedError as error:
        return type(error).__name__
    return ""


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [
        ("daily 0", "TooManyRequestsException"),
        ("account pause", "SendingPausedException"),
        ("account shutdown", "AccountSuspendedException"),
        ("throttle", "TooManyRequestsException"),
        ("reject", "MessageRejected"),
        ("lose-answers", "ConnectionClosedError"),
    ],
)
def test_an_order_strikes_until_calm(order: Account, typed: str, refusal: str) -> None:
    assert send(order) == ""
    assert given(order, typed) != [CALM]
    assert send(order) == refusal
    given(order, "calm")
    assert send(order) == ""


def test_so_often_and_then_no_more(order: Account) -> None:
    given(order, "reject --times 2")
    assert [send(order) for _ in range(4)] == ["MessageRejected", "MessageRejected", "", ""]
    assert given(order, "show") == ["• 100% of the mails SES rejects for good; so far 2 of at most 2"]


def test_orders_add_up(order: Account) -> None:
    """A second order leaves the first in force; the same one again takes its place."""
    given(order, "rate 14")
    given(order, "repeat-batches 0.5")
    given(order, "lose-answers 0.5 --times 3")
    assert given(order, "lose-answers 0.1") == [
        "• SES accepts 14 mails a second (at the start: 1000)",
        "• 10% of the answers of SES are lost after it accepted; so far 0",
        "• 50% of the stream's batches come twice; so far 0",
    ]


def test_workers_of_one_function_are_killed_so_often(order: Account) -> None:
    """The names are the deployed functions'."""
    function = order.function("def handler(event, _): time.sleep(1); return 'done'")
    given(order, "kill-workers send --every 0.05")
    assert order.invoke(function) == "done"
    given(order, "kill-workers --every 0.05 --times 1")
    assert order.invoke(function)["errorType"] == "Runtime.ExitError"
    assert order.invoke(function) == "done"


def test_events_are_held_until_they_flow(order: Account) -> None:
    given(order, "events hold")
    send(order)
    (mail,) = list(engine_pages.mails(order.url))[-1:]
    given(order, "events flow")
    page = f"{order.url}/_onlyonce/mail/{mail['MessageId']}"
    eventually(lambda: "<b>Delivery</b>" in engine_pages.text(page), within_s=3)
