"""Where the console listens, what it prints first, and how it ends."""

import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from ops.console import serve
from ops.errors import RefusedError
from ops.main import parse
from tests.unit.ops.office import Office


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.socket() as other:
        other.bind((serve.HOST, 0))
        other.listen()
        yield other.getsockname()[1]


def test_it_listens_on_this_machine_alone() -> None:
    with serve.listen(None) as listening:
        assert listening.getsockname()[0] == "127.0.0.1"


def test_a_free_port_takes_the_place_of_the_usual_one(
    taken: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(serve, "PORT", taken)
    with serve.listen(None) as listening:
        assert listening.getsockname()[1] != taken
    assert f"port {taken} is taken" in capsys.readouterr().err


def test_a_port_that_was_asked_for_is_that_or_none(taken: int) -> None:
    with pytest.raises(RefusedError, match=f"127.0.0.1:{taken} is unavailable"):
        serve.listen(taken)


class TestServing:
    """Until it is interrupted, which the test does as soon as the first page was asked for."""

    @pytest.fixture
    def left(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        said: list[str] = []
        monkeypatch.setattr(serve, "leave", lambda: said.append("left"))
        return said

    def run(self, office: Office, monkeypatch: pytest.MonkeyPatch, **options: bool) -> list[int]:
        answers: list[int] = []

        class Interrupted(threading.Thread):
            def join(self, timeout: float | None = None) -> None:  # noqa: ARG002
                for address in (office.shown.split()[0], office.shown.split()[0].partition("?")[0]):
                    answers.append(status_of(address))
                raise KeyboardInterrupt

        monkeypatch.setattr(serve, "Thread", Interrupted)
        given = {"read_only": False, "opens": False, **options}
        assert serve.console(office.session, by=None, port=free_port(), **given) == 0
        return answers

    def test_its_first_line_is_the_address_that_opens_it(
        self, office: Office, monkeypatch: pytest.MonkeyPatch, left: list[str]
    ) -> None:
        assert self.run(office, monkeypatch) == [303, 403]
        assert "the console has ended" in office.shown
        assert left == ["left"]

    @pytest.mark.usefixtures("left")
    def test_it_opens_the_browser(self, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
        opened: list[str] = []
        monkeypatch.setattr("webbrowser.open", opened.append)
        monkeypatch.setattr(serve, "_SOON_S", 0.0)
        self.run(office, monkeypatch, opens=True)
        assert opened == [office.shown.split()[0]]

    @pytest.mark.usefixtures("left")
    def test_it_says_that_nothing_can_be_decided(self, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
        self.run(office, monkeypatch, read_only=True)
        assert "onlyonce-test, read only" in office.shown


def status_of(address: str) -> int:
    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            return None

    try:
        with urllib.request.build_opener(Stay, urllib.request.ProxyHandler({})).open(address, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def free_port() -> int:
    with socket.socket() as one:
        one.bind((serve.HOST, 0))
        return int(one.getsockname()[1])


@pytest.mark.parametrize("port", ["0", "65536", "x"])
def test_a_port_is_a_number_of_one(port: str) -> None:
    with pytest.raises(Exception, match="port"):
        parse(["console", "--port", port, "--stage", "test"])
