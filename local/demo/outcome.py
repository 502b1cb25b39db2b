"""What came of a month, for the screen."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from local.month.audit import Audit
from local.stack.deployment import Deployment
from local.stack.detached_engine import shown
from local.stack.stack import Stack

_LISTED = 10
# From the figure to its column's head, and whether it is shown when it is 0.
_COLUMNS = {
    "users": ("users", True),
    "produced": ("messages", True),
    "rejected": ("rejected", False),
    "sent": ("sent", True),
    "duplicates": ("duplicates", True),
    "lost": ("lost", True),
    "uncertain": ("uncertain", False),
    "seconds": ("seconds", True),
}


@dataclass(frozen=True)
class Outcome:
    """What came of the month."""

    audit: Audit
    figures: dict[str, Any]
    rejected: list[dict[str, Any]]


def show(outcome: Outcome, deployment: Deployment, stack: Stack, figures: Path, console: Console) -> None:
    """Print the rejected rows, the table, the verdict, and where to look."""

    def say(text: str = "", style: str = "") -> None:
        console.print(text, style=style, markup=False, soft_wrap=True)

    for row in outcome.rejected[:_LISTED]:
        say(f"• rejected: user {_short(row['user_id'])}: {row['reason']}", "yellow")
    if len(outcome.rejected) > _LISTED:
        say(f"  and {len(outcome.rejected) - _LISTED:,} more rejected rows", "yellow")
    say()
    console.print(_table(outcome.figures))
    say()
    for problem in _problems(outcome):
        say(f"✗ {problem}", "red")
    if outcome.audit.exactly_once:
        whom = "Every other user" if outcome.rejected else "Every user"
        say(f"✓ {whom} has exactly one mail, counted in the SES inbox.", "green")
    say()
    say(f"  The month's page    {stack.console or 'source .local/env && .venv/bin/onlyonce console'}")
    say(f"  Look at the mails   {deployment.url}/_onlyonce/mail")
    say(f"  Ask the command     source {shown(stack.environment)} && .venv/bin/onlyonce status")
    say("  Read the outbox     aws dynamodb scan --table-name $OUTBOX_TABLE_NAME --max-items 1")
    say(f"  The same figures    {shown(figures)}")
    say("  Stop                make down")


def _table(figures: Mapping[str, Any]) -> Table:
    table = Table(header_style="bold")
    kept = [name for name, (_, always) in _COLUMNS.items() if always or figures[name]]
    for name in kept:
        table.add_column(_COLUMNS[name][0], justify="right")
    table.add_row(*(f"{figures[name]:,}" for name in kept))
    return table


def _problems(outcome: Outcome) -> list[str]:
    """What speaks against "exactly one", each kind at most _LISTED times and then counted."""
    found, reasons = (
        outcome.audit,
        {row["user_id"]: f": the row was rejected: {row['reason']}" for row in outcome.rejected},
    )
    problems = [f"{found.duplicates:,} mails too many: users got more than one"] if found.duplicates else []
    problems += _listed(
        [f"no mail for user {_short(one)}{reasons.get(one, '')}" for one in found.lost], "without a mail"
    )
    problems += _listed([f"no mail for user {_short(one)}: the message is FAILED" for one in found.failed], "FAILED")
    return problems + _listed(found.astray, "astray")


def _listed(lines: list[str], what: str) -> list[str]:
    more = len(lines) - _LISTED
    return lines[:_LISTED] + ([f"and {more:,} more {what}"] if more > 0 else [])


def _short(user_id: str | None) -> str:
    return repr(user_id if user_id is None or len(user_id) <= 40 else user_id[:39] + "…")
