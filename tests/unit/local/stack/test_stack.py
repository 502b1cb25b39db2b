"""Switching on where one is up already: it is kept, replaced or refused, and what does not fit is said."""

import errno
import socket
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from local.stack import command, contents, detached_engine, stack
from local.stack.detached_console import ConsoleError
from local.stack.detached_engine import DetachedEngine, EngineError
from local.stack.stack import Found, Stack, StackRefusedError, port_of

UP = "http://127.0.0.1:4566"


class FakeEngine:
    """Up, unless it was stopped."""

    def __init__(self) -> None:
        self.url: str | None = UP
        self.since = datetime.now(UTC)

    def stop(self) -> bool:
        ran, self.url = self.url is not None, None
        return ran

    def start(self, port: int | None) -> str:
        self.url = f"http://127.0.0.1:{port or 4566}"
        return self.url


class FakeConsole:
    """Of the embedded AWS that it was started for; runs until it is stopped."""

    def __init__(self) -> None:
        self.address: str | None = None

    def start(self, url: str) -> str:
        self.address = f"a console of {url}"
        return self.address

    def stop(self) -> bool:
        ran, self.address = self.address is not None, None
        return ran


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch) -> FakeConsole:
    """The console of every stack."""
    console = FakeConsole()
    monkeypatch.setattr(stack, "DetachedConsole", lambda *_: console)
    return console


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """The engine of every stack; what is deployed on it is none of its business."""
    engine = FakeEngine()
    monkeypatch.setattr(stack, "DetachedEngine", lambda *_: engine)
    deployed = SimpleNamespace(deploy=lambda *_: None, shell_environment=lambda: "")
    monkeypatch.setattr(stack, "Deployment", lambda url: SimpleNamespace(url=url, **vars(deployed)))
    monkeypatch.setattr(stack, "described", lambda url, _: f"one is up on {url}")
    return engine


@pytest.mark.parametrize("port", [None, 4566])
def test_one_that_is_up_is_kept(engine: FakeEngine, tmp_path: Path, port: int | None) -> None:
    said: list[str] = []
    assert Stack(tmp_path, said.append).up(port).url == engine.url == UP
    assert said[0] == f"the embedded AWS is up already on {UP}"


@pytest.mark.parametrize(
    ("port", "found", "says"),
    [(4810, "keep", rf"up already on {UP}, not on port 4810.*make down && make up PORT=4810"), (None, "refuse", f"on {UP}")],
)  # fmt: skip
def test_one_that_does_not_fit_is_left_alone(
    engine: FakeEngine, tmp_path: Path, port: int | None, found: Found, says: str
) -> None:
    with pytest.raises(StackRefusedError, match=f"(?s){says}"):
        Stack(tmp_path, lambda _: None).up(port, found=found)
    assert engine.url == UP


def test_one_is_replaced_where_that_is_asked_for(engine: FakeEngine, tmp_path: Path) -> None:
    said: list[str] = []
    assert Stack(tmp_path, said.append).up(4810, found="replace").url == engine.url == "http://127.0.0.1:4810"
    assert said[0].startswith("stopped the embedded AWS that was running")


def test_the_console_ends_with_what_it_looks_at(engine: FakeEngine, console: FakeConsole, tmp_path: Path) -> None:
    mine = Stack(tmp_path, lambda _: None)
    assert mine.start_console() == mine.console == f"a console of {UP}"
    assert str(mine.standing()).splitlines()[-1] == f"  its console: a console of {UP}"
    mine.up(found="replace")
    assert console.address is None, "its embedded AWS is gone"
    mine.start_console()
    mine.up()
    assert mine.console, "its embedded AWS is kept"
    assert (mine.down(), mine.down()) == (True, False)
    assert mine.console is mine.standing() is engine.url is None


def test_a_console_that_is_left_over_ends_with_down_and_before_another_embedded_aws(
    engine: FakeEngine, console: FakeConsole, tmp_path: Path
) -> None:
    mine = Stack(tmp_path, lambda _: None)
    mine.start_console()
    engine.url = None
    assert mine.down(), "something ran"
    console.start(UP)
    mine.up()
    assert mine.console is None


def test_up_starts_no_console_and_says_how(
    engine: FakeEngine,  # noqa: ARG001  # up
    console: FakeConsole,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(command, "Stack", lambda say: Stack(tmp_path, say))
    monkeypatch.setattr("sys.argv", ["stack", "up"])
    assert command.main() == 0
    assert console.address is None
    assert "the console, in the browser: .venv/bin/onlyonce console\n" in capsys.readouterr().out


def test_there_is_no_console_of_nothing(engine: FakeEngine, console: FakeConsole, tmp_path: Path) -> None:
    engine.url = None
    with pytest.raises(ConsoleError, match="no embedded AWS is up here"):
        Stack(tmp_path, lambda _: None).start_console()
    assert console.address is None


@pytest.mark.parametrize(("text", "port"), [("", None), ("1", 1), ("4810", 4810), ("65535", 65535)])
def test_a_port(text: str, port: int | None) -> None:
    assert port_of(text) == port


@pytest.mark.parametrize("text", ["0", "65536", "99999", "100000", "abc", "-1", "4810 ", "٤٨"])
def test_no_port(text: str) -> None:
    with pytest.raises(StackRefusedError, match=f"PORT={text} is no port: a whole number from 1 to 65535"):
        port_of(text)


@pytest.mark.parametrize(
    ("number", "says"), [(errno.EADDRINUSE, "is in use"), (errno.EACCES, "is kept by the system for its administrator")]
)
def test_a_port_that_cannot_be_had_is_named_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, says: str
) -> None:
    class Socket(socket.socket):
        def bind(self, _: Any) -> None:
            raise OSError(number, "no")

    monkeypatch.setattr(detached_engine, "PYTHON", tmp_path)
    monkeypatch.setattr("socket.socket", Socket)
    with pytest.raises(EngineError, match=f"port 80 {says}; choose another"):
        DetachedEngine(tmp_path, print).start(80)


@pytest.mark.parametrize(
    ("since", "ago"), [("2026-11-27T09:10:00+00:00", "5 min ago"), ("2026-11-26T06:10:00+00:00", "27 h 5 min ago")]
)
def test_what_stands_says_where_since_when_and_what_it_holds(
    monkeypatch: pytest.MonkeyPatch, since: str, ago: str
) -> None:
    monkeypatch.setattr(contents, "datetime", SimpleNamespace(now=lambda _: datetime(2026, 11, 27, 9, 15, tzinfo=UTC)))
    months = {"2026-10": Counter(SENT=1, DELIVERED=1999), "2026-09": Counter(FAILED=1)}
    monkeypatch.setattr("local.month.outbox_view.months", lambda _: months)
    first, *rest = contents.described(UP, datetime.fromisoformat(since)).splitlines()
    assert first.startswith(f"an embedded AWS is up here already: {UP}, since ")
    assert first.endswith(f"({ago})")
    assert rest == ["  2026-09: 1 messages (1 FAILED)", "  2026-10: 2,000 messages (1,999 DELIVERED, 1 SENT)"]


def test_one_that_does_not_answer_is_told_apart_from_an_empty_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.month.outbox_view.months", lambda _: {})
    assert contents.described(UP, datetime.now(UTC)).endswith("it holds no message")
    monkeypatch.undo()
    free = "http://127.0.0.1:1"
    assert "can't be read" in contents.described(free, datetime.now(UTC))
