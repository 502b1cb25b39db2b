"""What the screen says of a month in which somebody has no mail."""

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from rich.console import Console

from local.demo.outcome import Outcome, show
from local.month.audit import Audit

FIGURES = {
    "users": 12, "produced": 0, "rejected": 1, "sent": 0, "duplicates": 0, "lost": 12, "uncertain": 0, "seconds": 1.0,
}  # fmt: skip


def test_a_user_without_a_mail_is_named_with_the_reason_and_the_rest_is_counted() -> None:
    lost = [f"u-{number}" for number in range(12)]
    found = Audit(sent=0, duplicates=0, lost=lost, failed=[], astray=[])
    rejected = [{"user_id": "u-0", "reason": "total_minutes is 'x', not a number"}]
    screen, deployment, stack = (
        io.StringIO(),
        SimpleNamespace(url=""),
        SimpleNamespace(environment=Path("env"), console=None),
    )
    shown: tuple[Any, ...] = (deployment, stack, Path("demo.json"), Console(file=screen, width=200))
    show(Outcome(found, FIGURES, rejected), *shown)
    assert "✗ no mail for user 'u-0': the row was rejected: total_minutes is 'x', not a number\n" in screen.getvalue()
    assert "✗ no mail for user 'u-9'\n✗ and 2 more without a mail\n" in screen.getvalue()
    assert "u-10" not in screen.getvalue()
