"""Where nothing can be asked: one line that says what to do, exit status 2, and no traceback."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from ops import main as command_line
from ops.doctor.version import ROOT
from shared import wiring
from simulation.world import World
from tests.unit.ops.office import Office

KEYS = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
REGION = {"AWS_DEFAULT_REGION": "eu-west-1"}
WELL = {**KEYS, **REGION}
NOBODY = "http://127.0.0.1:9"
REFUSAL = "<ErrorResponse><Error><Code>{code}</Code><Message>{text}</Message></Error></ErrorResponse>"
LOG_IN = "log in (`aws sso login`), or name others with AWS_PROFILE"


@pytest.fixture
def answering() -> Iterator[Callable[[str], str]]:
    """Starts an AWS that answers everything with 403 and this; gives its endpoint."""
    servers: list[HTTPServer] = []

    def start(body: str) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.send_response(403)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: object) -> None:
                pass

        servers.append(HTTPServer(("127.0.0.1", 0), Handler))
        Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[dict[str, str]], dict[str, str]]:
    """Puts nothing of AWS but this into the environment, and into that of a process."""

    def put(given: dict[str, str]) -> dict[str, str]:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            monkeypatch.delenv(name)
        plain = {"HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true", **given}
        for name, value in plain.items():
            monkeypatch.setenv(name, value)
        wiring.session.cache_clear()
        return {**plain, "PATH": os.environ["PATH"]}

    return put


@pytest.fixture(autouse=True)
def _no_session_is_kept() -> Iterator[None]:
    yield
    wiring.session.cache_clear()


Surroundings = Callable[[dict[str, str]], dict[str, str]]
CASES = [
    ({}, "no region"),
    (REGION, f"no credentials (Unable to locate credentials): {LOG_IN}"),
    ({**REGION, "AWS_ACCESS_KEY_ID": "x"}, "no credentials (Partial credentials"),
    ({**KEYS, "AWS_DEFAULT_REGION": "eu west"}, "no region, or none that exists"),
    ({**WELL, "AWS_PROFILE": "gone"}, "could not be found: `aws configure list-profiles` lists"),
    ({**WELL, "AWS_ENDPOINT_URL": "127.0.0.1:9"}, "AWS_ENDPOINT_URL is written with http://"),
    ({**WELL, "AWS_ENDPOINT_URL": NOBODY}, f"no AWS answers at {NOBODY}"),
]


@pytest.mark.parametrize(("given", "said"), CASES, ids=[said for _, said in CASES])
def test_one_line_and_2(
    given: dict[str, str], said: str, surroundings: Surroundings, capsys: pytest.CaptureFixture[str]
) -> None:
    surroundings(given)
    assert command_line.main(["status", "--stage", "prod"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("onlyonce: ")
    assert printed.err.count("\n") == 1
    assert said in printed.err


ANSWERS = [
    (REFUSAL.format(code="ExpiredToken", text="The security token is expired"), 2, LOG_IN),
    (REFUSAL.format(code="InvalidClientTokenId", text="The security token is invalid"), 2, LOG_IN),
    (REFUSAL.format(code="ValidationError", text="Stack with id x does not exist"), 2, "no stack onlyonce-prod"),
    (REFUSAL.format(code="AccessDenied", text="You may not"), 1, "AWS can't be asked: "),
    ("<html>a page of somebody else's", 2, "no AWS answers at http://127.0.0.1:"),
]


@pytest.mark.parametrize(("answer", "status", "said"), ANSWERS, ids=[answer for answer, _, _ in ANSWERS])
def test_what_aws_says_instead_of_an_answer(
    answer: str,
    status: int,
    said: str,
    surroundings: Surroundings,
    answering: Callable[[str], str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    surroundings({**WELL, "AWS_ENDPOINT_URL": answering(answer)})
    assert command_line.main(["status", "--stage", "prod"]) == status
    error = capsys.readouterr().err
    assert (said in error, error.count("\n")) == (True, 1)


@pytest.mark.parametrize("words", [["status", "--stage", "prod"], ["status"], ["show", "--stage", "prod"], ["bake"]])
def test_a_process_ends_as_it_should(words: list[str], surroundings: Surroundings) -> None:
    environment = surroundings({**WELL, "AWS_ENDPOINT_URL": NOBODY})
    done = subprocess.run(
        [sys.executable, "-m", "ops.main", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("onlyonce: ")


WHY = ("--reason", "x")
OF_A_MONTH = [
    ("status", "2019-01"), ("list", "2019-01"), ("held", "--period", "2019-01"), ("show", "ann", "2019-01"),
    ("redrive", "--all", "--period", "2019-01", *WHY), ("halt", "2019-01", *WHY), ("close", "2019-01", *WHY),
    ("suppressed", "--period", "2019-01"),
]  # fmt: skip


@pytest.mark.parametrize("words", OF_A_MONTH, ids=[words[0] for words in OF_A_MONTH])
@pytest.mark.usefixtures("no_metrics")
def test_a_month_that_was_never_produced(
    words: tuple[str, ...],
    office: Office,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    world.produce()
    office.aws.answer("sesv2", "list_suppressed_destinations", {"SuppressedDestinationSummaries": []})
    monkeypatch.setattr(command_line, "open_session", lambda *_: office.session)
    assert command_line.main([*words, "--stage", "prod"]) == 2
    error = capsys.readouterr().err
    assert "2019-01 was never produced. Months that were: 2026-10\n" in error
    assert error.count("\n") == 1
