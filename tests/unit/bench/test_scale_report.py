"""What the benchmark of sizes says of its months: flat ones meet every target, and each that is not is missed."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.scale import __main__ as command
from bench.scale import report
from bench.scale.scenario import Scenario

SIZES = (Scenario(30, 14, 50_000), Scenario(60, 14, 50_000))


def size(users: int, **changes: Any) -> dict[str, Any]:
    flat = {
        "users": users, "rate": 14, "daily": 50_000, "played": users, "hours": 1.0, "refused": 0,
        "mails_an_execution": 12.0, "remedies": 0, "calls": 7.5, "dollars": 11.0, "dollars_of_executions": 4.0,
        "computed_dollars": 11.0, "calls_by_operation": {"ses.SendEmail": 1.0},
        "items": [{"name": "writes", "metered_dollars": 4.0}],
    }  # fmt: skip
    return flat | changes


def completed(**changes: Any) -> dict[str, Any]:
    """Of months of which the largest is as the changes say."""
    sizes = [size(1_000), size(10_000), size(100_000, **changes)]
    return report.completed(sizes, size(10_000), size(10_000), 0)


def test_months_that_are_alike_meet_every_target() -> None:
    figures = completed()
    assert report.missed(figures) == []
    assert set(report.TARGETS) <= set(figures)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"calls": 8.4}, "calls_spread"),
        ({"dollars": 12.0}, "path_spread"),
        ({"computed_dollars": 9.0}, "computed_dollars_off"),
        ({"refused": 200}, "refused_share"),
    ],
)
def test_what_is_not_flat_is_missed(changes: dict[str, Any], name: str) -> None:
    assert name in {problem.partition(" ")[0] for problem in report.missed(completed(**changes))}


def test_dearer_executions_are_missed_as_well() -> None:
    figures = completed(dollars=13.0, dollars_of_executions=6.0, computed_dollars=13.0)
    assert [problem.partition(" ")[0] for problem in report.missed(figures)] == ["dollars_spread"]
    (shown,) = (row for row in report.target_cells(figures) if row[0] == "dollars a million, likewise")
    assert shown == ["dollars a million, likewise", "8.3%", "5.0%"]


@pytest.mark.parametrize(
    ("thinned", "name"), [({"calls": 7.7}, "thinned_calls_off"), ({"dollars": 11.3}, "thinned_dollars_off")]
)
def test_months_that_differ_when_a_part_is_played_are_missed(thinned: dict[str, Any], name: str) -> None:
    figures = report.completed([size(1_000), size(10_000)], size(10_000, **thinned), size(10_000), 0)
    assert [problem.partition(" ")[0] for problem in report.missed(figures)] == [name]


def test_messages_that_were_lost_are_missed() -> None:
    assert report.missed(report.completed([size(1_000)], size(1_000), size(1_000), 1)) == [
        "undelivered is 1, the target is at most 0"
    ]


def test_the_spread_is_from_the_middle_to_either_end() -> None:
    assert report.spread([95.0, 105.0, 100.0]) == 0.05
    assert report.off(9.0, 10.0) == report.off(11.0, 10.0) == 0.1


def test_command_plays_each_size_and_writes_figures_and_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "scale.md"
    document.write_text("\n".join(("before", *report.MARKS, "after")))
    monkeypatch.setattr(command, "SIZES", SIZES)
    monkeypatch.setattr("sys.argv", ["scale", "--json", str(tmp_path / "scale.json")])
    status = command.main()
    figures = json.loads((tmp_path / "scale.json").read_text())
    assert [one["users"] for one in figures["sizes"]] == [30, 60]
    assert (figures["undelivered"], figures["slow"]["users"], figures["thinned"]["users"]) == (0, 60, 60)
    assert status == (1 if report.missed(figures) else 0)
    assert "| 60, in parts | 14 |" in document.read_text()
    assert "60 users, 60 of them played" in capsys.readouterr().out


def test_command_has_help(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["scale", "--help"])
    with pytest.raises(SystemExit):
        command.main()
    shown = capsys.readouterr().out
    assert "--json" in shown
    assert "--render" in shown
