"""The demo's command: what it refuses, what it tells of a month that stopped, and that no staged kill outlives it."""

import io
import os
import signal
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from local.demo import command, story
from local.demo.lock import only_process
from local.demo.outcome import Outcome
from local.month.audit import Audit
from local.month.month import ProducerError, StoppedError
from local.stack.detached_console import ConsoleError
from local.stack.stack import Stack
from local.usage.csv_file import COLUMNS
from shared.periods import Period

_HEADER = ",".join(COLUMNS)
OCTOBER = Period.parse("2026-10")
FIGURES = {
    "users": 1, "produced": 1, "rejected": 0, "sent": 1, "duplicates": 0, "lost": 0, "uncertain": 0, "seconds": 1.0,
}  # fmt: skip
REPORT = {"state": "STOPPED", "stopped_for": {"fewer": "1 rows"}, "produced": 0, "rejected_rows": ""}


class Staged:
    """A month whose producer ends as the test says; whether a kill waits for the next run."""

    def __init__(self, produce: Callable[[], dict[str, Any]]) -> None:
        self.produce = produce
        self.armed = 0

    def kill_producer_after(self, messages: int) -> None:
        self.armed = messages

    def call_off_kill(self) -> None:
        self.armed = 0

    def killed_pids(self) -> list[int]:
        return []


def ends_with(error: BaseException) -> Callable[[], dict[str, Any]]:
    def produce() -> dict[str, Any]:
        raise error

    return produce


@pytest.mark.parametrize(
    "produce",
    [
        lambda: {"produced": 3, "fresh": 3},
        ends_with(StoppedError(OCTOBER, REPORT, [])),
        ends_with(ProducerError(OCTOBER, "UsageQueryError", "no table")),
        ends_with(KeyboardInterrupt()),
        ends_with(OSError()),
    ],
    ids=["too small for it", "stopped", "failed", "Ctrl-C", "no answer"],
)
def test_a_kill_that_was_staged_waits_for_no_other_run(produce: Callable[[], dict[str, Any]]) -> None:
    month: Any = Staged(produce)
    screen = io.StringIO()
    try:
        story._produce(month, 55, Console(file=screen, width=200))
    except BaseException:
        assert "✓" not in screen.getvalue(), "it has not produced anything"
    assert month.armed == 0


def test_nor_does_one_whose_reader_has_gone_at_the_first_word() -> None:
    """`make demo | head` ends it at its next line."""

    class Gone(Console):
        def print(self, *_: Any, **__: Any) -> None:
            raise SystemExit(1)

    month: Any = Staged(dict)
    with pytest.raises(SystemExit):
        story._produce(month, 55, Gone())
    assert month.armed == 0


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone's folder, in which nothing can be started."""

    def up(*_: Any, **__: Any) -> Any:
        raise AssertionError("it must not get that far")

    monkeypatch.setattr(command, "FOLDER", tmp_path)
    monkeypatch.setattr(command, "Stack", lambda say: Stack(tmp_path, say))
    monkeypatch.setattr(Stack, "up", up)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    return tmp_path


def typed(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["demo", *words])
    return command.main()


def test_a_stack_that_is_up_is_not_thrown_away_unasked(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "demo.json").write_text("{}")
    monkeypatch.setattr(Stack, "standing", lambda _: "one is up, with 100 messages of 2026-10")
    assert typed(monkeypatch, "--users", "7") == 2
    said = capsys.readouterr().err
    assert said.startswith("one is up, with 100 messages of 2026-10\n")
    assert "  make demo FRESH=1 USERS=7   throw that one away with its data" in said
    assert "  make down                   only stop it" in said
    assert not (folder / "usage.csv").exists()
    assert (folder / "demo.json").exists()


def test_it_is_thrown_away_where_that_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def up(_: Stack, port: int | None, **options: Any) -> Any:
        asked.append((port, options))
        raise KeyboardInterrupt

    monkeypatch.setattr(Stack, "standing", lambda _: "one is up")
    monkeypatch.setattr(Stack, "up", up)
    assert typed(monkeypatch, "--fresh", "1", "--port", "4810") == 130
    monkeypatch.setattr(Stack, "standing", lambda _: None)
    assert typed(monkeypatch) == 130
    assert asked == [(4810, {"found": "replace"}), (None, {"found": "refuse"})]
    assert folder.joinpath("usage.csv").exists()


def test_a_demo_that_is_ended_from_outside_calls_its_kill_off_first(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`kill`, or a terminal that is closed, ends it as Ctrl-C does."""
    handlers: dict[int, Callable[..., None]] = {}
    monkeypatch.setattr("signal.signal", handlers.__setitem__)
    assert typed(monkeypatch, "--users", "0") == 2
    assert handlers.keys() == {signal.SIGTERM, signal.SIGHUP}
    for handler in handlers.values():
        with pytest.raises(KeyboardInterrupt):
            handler(signal.SIGTERM, None)
    assert list(folder.iterdir()) == []


def test_two_demos_at_a_time_are_one_too_many(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with only_process(folder / "demo.lock"):
        assert typed(monkeypatch, "--fresh", "1") == 2
    assert f"another `make demo` is at work here, process {os.getpid()}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "period", "message"),
    [
        ("user_id,email,device_id,used_at\n", "", "line 1: column minutes is missing"),
        (f"{_HEADER}\na,a@example.com,d,2026-10-01,12,5\n", "", "line 2: 6 cells where the header has 5"),
        (f"{_HEADER}\na,a@example.com,d,yesterday,12\n", "", "line 2, column used_at: 'yesterday'"),
        (f"{_HEADER}\na,a@example.com,d,2026-10-01,12\n", "2026-13", "'2026-13' is no period"),
        (
            f"{_HEADER}\na,a@example.com,d,2026-10-01,12\n",
            "2026-09",
            "no usage event in 2026-09; its latest are in 2026-10",
        ),
        (f"{_HEADER}\n", "", "has no usage event"),
        (None, "", "cannot be read"),
    ],
    ids=["column", "cells", "value", "impossible period", "empty period", "empty", "no file"],
)
def test_unusable_input_starts_nothing(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    content: str | None,
    period: str,
    message: str,
) -> None:
    """Exit status 2, and one message that names the file or the period, the line and the column."""
    if content is not None:
        (folder / "mine.csv").write_text(content)
    assert typed(monkeypatch, "--usage", str(folder / "mine.csv"), "--period", period) == 2
    said = capsys.readouterr()
    assert message in said.err
    assert said.out == ""


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (StoppedError(OCTOBER, REPORT, []), "✗ the producer has stopped 2026-10 before its first message"),
        (
            ProducerError(OCTOBER, "KeyError", "'plan'", "mail/usage/variables.py, line 38"),
            "to mend in mail/usage/variables.py, line 38",
        ),
    ],
)  # fmt: skip
def test_a_month_that_did_not_come_to_its_end_is_no_success(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception, says: str
) -> None:
    def run(*_: Any) -> Any:
        raise error

    monkeypatch.setattr(Stack, "up", lambda *_, **__: SimpleNamespace())
    monkeypatch.setattr(Stack, "start_console", lambda _: "http://127.0.0.1:4580/?token=abc")
    monkeypatch.setattr(command, "run", run)
    assert typed(monkeypatch, "--users", "3") == 1
    told = capsys.readouterr()
    assert says in told.err
    assert "begin anew: make demo FRESH=1 USERS=3\n" in told.err
    assert ("━" in told.out, (folder / "demo.json").exists()) == (False, False), "no table, no figures"


@pytest.fixture
def acted_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:  # noqa: ARG001  # nothing can be started in it
    """A month of one user that goes well, the console's page opened in a browser; the order of it all."""
    order: list[str] = []

    def run(*_: Any) -> Outcome:
        order.append("the month")
        return Outcome(Audit(sent=1, duplicates=0, lost=[], failed=[], astray=[]), FIGURES, [])

    monkeypatch.setattr(Stack, "up", lambda *_, **__: SimpleNamespace(url="http://127.0.0.1:4566"))
    monkeypatch.setattr(command, "run", run)
    monkeypatch.setattr("local.demo.browser.show", lambda address, asked: order.append(f"{address} {asked}"))
    return order


def test_the_month_can_be_watched_and_both_pages_are_named_at_its_end(
    acted_out: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    address = "http://127.0.0.1:4580/?token=abc"
    monkeypatch.setattr(Stack, "start_console", lambda _: address)
    monkeypatch.setattr(Stack, "console", address)
    assert typed(monkeypatch, "--users", "1", "--open", "0") == 0
    assert acted_out == [f"{address} False", "the month"]
    told = capsys.readouterr().out
    before, _, after = told.partition("━")
    assert f"watch the month in the console: {address}\n" in before
    assert f"  The month's page    {address}\n" in after
    assert "  Look at the mails   http://127.0.0.1:4566/_onlyonce/mail\n" in after


def test_a_console_that_does_not_start_holds_no_month_up(
    acted_out: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def start(_: Stack) -> str:
        raise ConsoleError("the console ended at once; the end of .local/console.log:\nno stage")

    monkeypatch.setattr(Stack, "start_console", start)
    assert typed(monkeypatch, "--users", "1") == 0
    assert acted_out == ["the month"]
    told = capsys.readouterr().out
    assert "! the console ended at once; the end of .local/console.log:\nno stage\n" in told
    assert "  The month's page    source .local/env && .venv/bin/onlyonce console\n" in told
