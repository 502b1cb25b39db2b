"""One ask of SES is one HTTP request, whatever becomes of it: counted by a server, not by the SDK."""

from collections.abc import Iterator

import pytest

from handlers import send
from shared import wiring
from shared.aws.ses import Sender, Ses
from shared.errors import SendThrottledError, SendUnavailableError, SendUncertainError
from shared.keys import Key
from shared.outbox.message import from_item
from shared.outbox.states import Status
from shared.rendering.unsubscribing import Unsubscribing
from simulation.stack import PERIOD
from simulation.world import World
from tests.contract.protocol import item_in
from tests.contract.witness import Witness, serving
from tests.unit.handlers.actors import order, status
from tests.unit.handlers.sending import claimed, opened

READ_TIMEOUT_S = 0.3
MESSAGE = from_item(item_in(Status.CLAIMED, Key("u", "2026-10")))


@pytest.fixture
def witness(request: pytest.FixtureRequest) -> Iterator[Witness]:
    with serving(request.param) as server:
        yield server


def ses(monkeypatch: pytest.MonkeyPatch, url: str) -> Ses:
    """SES as `wiring` makes it for the send function, on `url` and with less patience."""
    for name, value in {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "5",  # what a function's environment says must not matter either
        "NO_PROXY": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    wiring.session.cache_clear()
    try:
        return wiring.ses.__wrapped__(Sender("a@example.com", "set", "stack"), Unsubscribing("none"), READ_TIMEOUT_S)
    finally:
        wiring.session.cache_clear()


@pytest.mark.parametrize(
    ("witness", "error"),
    [
        ("never answers", SendUncertainError),
        ("cuts the connection", SendUncertainError),
        ("answers half", SendUncertainError),
        ("answers 500", SendUncertainError),
        ("answers 429", SendThrottledError),
    ],
    indirect=["witness"],
)
def test_one_ask_is_one_request(monkeypatch: pytest.MonkeyPatch, witness: Witness, error: type[Exception]) -> None:
    account = ses(monkeypatch, witness.url)
    with pytest.raises(error) as raised:
        account.send(account.request(MESSAGE))
    assert type(raised.value) is error
    assert witness.posts == 1


def test_where_nobody_listens_nothing_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    with Witness("never answers") as closed:
        url = closed.url
    account = ses(monkeypatch, url)
    with pytest.raises(SendUnavailableError):
        account.send(account.request(MESSAGE))


@pytest.mark.parametrize("witness", ["forgets connections"], indirect=True)
def test_a_function_that_was_frozen_asks_on_a_connection_of_its_own(
    monkeypatch: pytest.MonkeyPatch, witness: Witness
) -> None:
    """One that was kept over the freeze would swallow the ask, and nobody would know whether it was heard."""
    account, world = ses(monkeypatch, witness.url), opened(World(0))
    deps = send.Deps(
        world.outbox(),
        world.pin(),
        world.campaign(),
        account,
        world._templates(),
        world.telemetry,
        world.clock,
        sleep=world._sleep,
    )
    keys = [Key("ann", PERIOD), Key("bob", PERIOD)]
    claimed(world, *keys)
    for key in keys:
        send.handle(order(world, key), deps, lambda: 60_000)
    assert [status(world, key) for key in keys] == ["SENT", "SENT"]
    assert witness.posts == 2
