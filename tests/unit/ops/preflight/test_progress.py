"""What is told while a look goes on."""

import io
from datetime import UTC, datetime

import pytest
from rich.console import Console

from ops.preflight.progress import Watched
from ops.preflight.question import Answered
from shared.producing.handed import Execution

ANSWERED = Answered(
    Execution("q-1", "SUCCEEDED", "", datetime(2026, 11, 1, 6, tzinfo=UTC), "", "", "", reused=False, scanned_bytes=None),
    asked=True,
    differences=(),
    untimely=(),
)  # fmt: skip


def told(rows: int | None, *, terminal: bool, silent: bool = False) -> str:
    file = io.StringIO()
    console = Console(file=file, force_terminal=terminal, width=100, highlight=False)
    with Watched(console, rows, silent=silent) as watched:
        watched.waiting()
        watched.answered(ANSWERED)
        watched.counted(1500)
    return file.getvalue()


@pytest.mark.parametrize(("expected", "shown"), [(3000, "1500/3000"), (1000, "1500/1500"), (None, "1500/?")])
def test_a_bar_on_a_terminal(expected: int | None, shown: str) -> None:
    """Last month's rows are what is expected; nobody knows whether there are more."""
    printed = told(expected, terminal=True)
    assert shown in printed
    assert "result q-1 (Athena was asked)" in printed


def test_one_line_elsewhere() -> None:
    assert told(3000, terminal=False) == "result q-1 (Athena was asked)\n"


def test_nothing_beside_json() -> None:
    assert told(3000, terminal=False, silent=True) == ""
    assert told(3000, terminal=True, silent=True) == ""
