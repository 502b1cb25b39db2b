"""The command line that all benchmarks have: what it writes and shows, and its exit status."""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console, RenderableType

from bench.command import Benchmark, telling
from bench.errors import MeasurementError
from bench.tables import Figures
from local.month.month import MonthError
from local.usage.choice import UsageChoiceError

FIGURES = {"seconds": 1.5, "by_second": [1, 2]}


class Report:
    """At most two seconds."""

    def missed(self, figures: Figures) -> list[str]:
        return ["too [slow]"] if figures["seconds"] > 2 else []

    def screen(self, figures: Figures) -> RenderableType:
        return f"seconds: {figures['seconds']}"

    def rendered(self, text: str, figures: Figures) -> str:
        return f"{text}{figures['seconds']} s"


def draw(figures: Figures, path: Path) -> None:
    path.write_text(f"drawn: {figures['seconds']}")


PLAIN, DRAWN = (Benchmark("some", "What it tells.\n\nMore.", Report(), picture) for picture in (None, draw))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bench" / "some.json"


@pytest.fixture(autouse=True)
def sigterm() -> Iterator[None]:
    """As it was before; and what ignores the signal does not die of it."""
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def run(path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Runs it with these options, on figures or on what raises instead of measuring."""

    def ran(benchmark: Benchmark, measured: Figures | BaseException | Callable[[], Any], *options: str) -> int:
        def measure(_: Console) -> dict[str, Any]:
            if isinstance(measured, BaseException):
                raise measured
            return dict(measured() if callable(measured) else measured)

        monkeypatch.setattr(sys, "argv", ["some", "--json", str(path), *options])
        return benchmark.run(benchmark.arguments(benchmark.parser()), measure)

    return ran


def test_the_figures_are_written_a_line_each_and_shown(
    run: Callable[..., int], path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(PLAIN, FIGURES) == 0
    first, commit, *rest = path.read_text().splitlines()
    assert commit.startswith('  "commit": "')
    assert [first, *rest] == ["{", '  "seconds": 1.5,', '  "by_second": [1, 2]', "}"]
    said = ["", "seconds: 1.5", "✓ every target is met", f"  The figures: {path}"]
    assert capsys.readouterr().out.splitlines() == said
    assert list(path.parent.iterdir()) == [path]


def test_a_missed_target_is_said_and_is_the_exit_status(
    run: Callable[..., int], path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(DRAWN, {"seconds": 3}) == 1
    said = ["", "seconds: 3", "✗ too [slow]", f"  The figures and the picture: {path}, some.svg"]
    assert capsys.readouterr().out.splitlines() == said


def test_document_and_picture_are_beside_the_figures(run: Callable[..., int], path: Path) -> None:
    path.parent.mkdir()
    path.with_suffix(".md").write_text("It took ")
    assert run(DRAWN, FIGURES) == 0
    assert path.with_suffix(".md").read_text() == "It took 1.5 s"
    assert path.with_suffix(".svg").read_text() == "drawn: 1.5"


def test_to_render_measures_nothing(run: Callable[..., int], path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path.parent.mkdir()
    path.write_text(json.dumps({"seconds": 7}))
    path.with_suffix(".md").write_text("It took ")
    assert run(DRAWN, AssertionError("it was measured"), "--render") == 0
    assert path.with_suffix(".md").read_text() == "It took 7 s"
    assert path.with_suffix(".svg").read_text() == "drawn: 7"
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (UsageChoiceError("no [user]"), 2), (MeasurementError("no [figures]"), 1), (MonthError("no [end]"), 1),
        (OSError("no [disk]"), 1), (KeyboardInterrupt(), 130),
    ],
)  # fmt: skip
def test_without_figures_nothing_is_written(
    run: Callable[..., int], path: Path, capsys: pytest.CaptureFixture[str], error: BaseException, status: int
) -> None:
    assert run(PLAIN, error) == status
    assert (str(error) or "interrupted; what was started is stopped") in capsys.readouterr().err
    assert not path.exists()


def test_a_mistake_is_not_taken_for_a_measurement_that_failed(run: Callable[..., int]) -> None:
    with pytest.raises(ZeroDivisionError):
        run(PLAIN, ZeroDivisionError())


def test_to_terminate_it_is_to_interrupt_it(run: Callable[..., int]) -> None:
    ended: list[str] = []

    def measured() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            ended.append("what was started")

    assert run(PLAIN, measured) == 130
    assert ended == ["what was started"]


def test_without_being_told_it_writes_into_docs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["some"])
    arguments = PLAIN.arguments(PLAIN.parser())
    assert arguments.json == Path(__file__).parents[3] / "docs" / "bench" / "some.json"
    assert not arguments.render


def test_what_happens_is_told_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    telling(Console(width=20))("[bold]a line[/] that is longer than the screen")
    assert capsys.readouterr().out == "• [bold]a line[/] that is longer than the screen\n"
