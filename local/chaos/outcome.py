"""What came of a month in the storm, for the screen and as figures."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from local.month.audit import Audit, audit
from local.month.outbox_view import OutboxView
from local.usage.choice import UsageChoice
from shared.outbox.states import HELD, Status

_LISTED = 10


@dataclass(frozen=True)
class Struck:
    """How often each fault struck."""

    kills: int
    dropped_answers: int
    throttled: int
    repeated_batches: int


@dataclass(frozen=True)
class ChaosOutcome:
    """Mails as counted in the SES inbox, against what the messages say of themselves."""

    audit: Audit
    messages: int
    failed: int
    uncertain: int
    unresolved: list[str]
    """Users whose message is held, FAILED or UNCERTAIN, although they have their mail and SES said so."""
    struck: Struck
    sweeps: int
    seconds: float

    @property
    def holds(self) -> bool:
        """Nobody has two mails, nobody has none without a reason, and what SES told was heard."""
        return not (self.audit.duplicates or self.audit.lost or self.audit.astray or self.unresolved)

    @property
    def figures(self) -> dict[str, int | float]:
        """The same in numbers, under the names by which benchmarks list them."""
        return {
            "chaos_messages": self.messages,
            "chaos_duplicates": self.audit.duplicates,
            "chaos_lost": len(self.audit.lost),
            "chaos_uncertain": self.uncertain,
            "chaos_failed": self.failed,
            "kills": self.struck.kills,
            "dropped_answers": self.struck.dropped_answers,
            "throttled": self.struck.throttled,
            "repeated_batches": self.struck.repeated_batches,
            "seconds": round(self.seconds, 1),
        }


def outcome(
    mails: Iterable[Mapping[str, Any]],
    choice: UsageChoice,
    outbox: OutboxView,
    struck: Struck,
    sweeps: int,
    seconds: float,
) -> ChaosOutcome:
    """Compare. A user without a mail is lost, unless their message is held with a reason."""
    held = {status: outbox.reasons(status) for status in HELD}
    explained = {user_id for reasons in held.values() for user_id, reason in reasons.items() if reason}
    found = audit(mails, choice.expectation, choice.period, failed=explained)
    return ChaosOutcome(
        audit=found,
        messages=len(choice.expectation.mails),
        failed=len(held[Status.FAILED]),
        uncertain=len(held[Status.UNCERTAIN]),
        unresolved=sorted(explained.difference(found.failed)),
        struck=struck,
        sweeps=sweeps,
        seconds=seconds,
    )


def show(result: ChaosOutcome, console: Console) -> None:
    """Print what struck, what arrived, and the verdict."""
    struck = result.struck
    console.print()
    console.print(
        _table(
            {
                "processes killed": struck.kills,
                "answers of SES lost": struck.dropped_answers,
                "refused by SES for its rate": struck.throttled,
                "batches delivered twice": struck.repeated_batches,
                "sweeps": result.sweeps,
                "seconds": round(result.seconds, 1),
            }
        )
    )
    console.print(
        _table(
            {
                "messages": result.messages,
                "mails": result.audit.sent,
                "duplicates": result.audit.duplicates,
                "lost": len(result.audit.lost),
                "FAILED": result.failed,
                "UNCERTAIN": result.uncertain,
                "held, and mailed": len(result.unresolved),
            }
        )
    )
    console.print()
    for problem in _problems(result):
        console.print(f"✗ {problem}", style="red", markup=False, soft_wrap=True)
    if result.holds:
        said = "Nobody has two mails, nobody is lost."
        if result.audit.failed:
            said += f" {len(result.audit.failed):,} without a mail: their messages are held, with a reason."
        console.print(f"✓ {said}", style="green", markup=False, soft_wrap=True)


def _table(cells: Mapping[str, int | float]) -> Table:
    table = Table(header_style="bold")
    for head in cells:
        table.add_column(head, justify="right")
    table.add_row(*(f"{value:,}" for value in cells.values()))
    return table


def _problems(result: ChaosOutcome) -> list[str]:
    problems = [f"{result.audit.duplicates:,} mails too many"] if result.audit.duplicates else []
    problems += [f"no mail for {user_id!r}, and no reason" for user_id in result.audit.lost[:_LISTED]]
    problems += [f"{user_id!r} has the mail, and the message is held" for user_id in result.unresolved[:_LISTED]]
    return problems + result.audit.astray[:_LISTED]
