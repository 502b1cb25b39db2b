import io
import json
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from ops.accept import report
from ops.accept.check import Check
from ops.accept.measures import Measure
from ops.accept.run import Outcome

BAD = Check("Nobody has two", False, "twice [1]", "Pause the campaign")


def outcome(*checks: Check) -> Outcome:
    measured = [Measure("wake-up", "ms", (1.0, 2.0)), Measure("send, an invocation", "ms", ())]
    return Outcome(
        datetime(2026, 11, 1, 6, tzinfo=UTC), 48, [Check("It is there", True, "yes"), *checks], measured, 40.2
    )


def shown(found: Outcome) -> str:
    screen = io.StringIO()
    report.show("onlyonce-test", found, Console(file=screen, width=160, markup=False))
    return screen.getvalue()


def test_the_screen_names_what_failed_and_what_to_do() -> None:
    text = shown(outcome(BAD))
    assert "✗ Nobody has two: twice [1]\n    → Pause the campaign" in text
    assert "2 checks. 1 check failed." in text


def test_the_screen_says_when_all_hold() -> None:
    text = shown(outcome())
    assert "✓ It is there: yes" in text
    assert "1 check. All hold." in text
    assert "send, an invocation" in text


def test_the_json_and_the_page(tmp_path: Path) -> None:
    figures, page = report.write(tmp_path / "new", "test", "onlyonce-test", outcome(BAD))
    told = json.loads(figures.read_text())
    assert (told["checks"], told["failed"], told["mails"]) == (2, 1, 48)
    assert told["results"][1] == {"check": "Nobody has two", "passed": False, "found": "twice [1]"}
    assert "Nobody has two" in page.read_text()
