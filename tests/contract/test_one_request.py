"""One ask of SES is one HTTP request, whatever becomes of it: counted by a server, not by the SDK."""

import json
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

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
from tests.unit.handlers.actors import order, status
from tests.unit.handlers.sending import claimed, opened

READ_TIMEOUT_S = 0.3
MESSAGE = from_item(item_in(Status.CLAIMED, Key("u", "2026-10")))
TOO_FAST = {"message": "Maximum sending rate exceeded."}


class Witness(socketserver.ThreadingMixIn, HTTPServer):
    """Reads every request to its end, counts it, and then does what it was told to."""

    daemon_threads = True

    def __init__(self, then: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.then = then
        self.posts = 0
        self.over = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Witness
    protocol_version = "HTTP/1.1"
    used = False

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posts += 1
        self.close_connection = True
        match self.server.then:
            case "never answers":
                self.server.over.wait()
            case "answers 500":
                self._answer(500, {"message": "Internal failure"}, "InternalServiceErrorException")
            case "answers 429":
                self._answer(429, TOO_FAST, "TooManyRequestsException")
            case "forgets connections":
                self._accept_the_first_of_a_connection()
            case "answers half":
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b'{"MessageId": ')

    def _accept_the_first_of_a_connection(self) -> None:
        """Later ones find nobody at the other end: a router between has forgotten the connection while it slept."""
        self.close_connection = False
        if not self.used:
            self.used = True
            self._answer(200, {"MessageId": f"ses-{self.server.posts}"}, "")

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""

    def _answer(self, status: int, body: dict[str, str], code: str) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("x-amzn-ErrorType", code)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def witness(request: pytest.FixtureRequest) -> Iterator[Witness]:
    with Witness(request.param) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        serving.start()
        yield server
        server.over.set()
        server.shutdown()
        serving.join()


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
