"""docs/runbook.md: each of its commands, typed as it stands, in the state in which the page wants it, on a deployed stack.

A section's lines are unpacked: a line that is new, or gone, breaks its play. A month of twelve people is each play's own.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.rehearse.rehearsal import PARAMS, Rehearsal
from local.stack.embedded_aws import ROOT
from local.stack.stack import passing_stack
from shared.periods import Period
from tests.e2e.plays import bad_months, on_call, restoring
from tests.e2e.plays.duty import Duty
from tests.e2e.shell import Shell, sections

SECTIONS = sections(ROOT / "docs/runbook.md")
Play = Callable[[Duty, list[list[str]]], None]
RESTORING = ("Restoring the outbox from a point in time", "Who was mailed since")
PLAYS: dict[str, tuple[Play, tuple[str, ...]]] = {
    "2025-10": (on_call.first_of_all, ("Runbook",)),
    "2025-04": (bad_months.stopped, ("StoppedAlarm",)),
    "2025-03": (on_call.no_mail, ("A user says they got no mail",)),
    "2025-11": (on_call.held, ("HeldAlarm",)),
    "2025-12": (on_call.paused, ("PausedAlarm",)),
    "2026-01": (on_call.producer_errors, ("ProducerErrorsAlarm",)),
    "2026-02": (on_call.dead_letters, ("DeadLettersAlarm",)),
    "2026-03": (on_call.refused_feedback, ("RefusedFeedbackAlarm",)),
    "2026-04": (on_call.stranded, ("StrandedAlarm",)),
    "2026-05": (bad_months.wrong_text, ("A wrong text goes out",)),
    "2026-06": (bad_months.bounces, ("Too many mails bounce",)),
    "2026-10": (on_call.malformed, ("MalformedItemsAlarm",)),
    "2026-08": (restoring.items_lost, (RESTORING[0], "(a)", RESTORING[1])),
    "2026-09": (restoring.outbox_gone, (RESTORING[0], "(b)", RESTORING[1])),
    "2024-01": (on_call.sweeper, ("SweeperSilentAlarm",)),
    "2024-02": (on_call.throttled, ("ThrottlesAlarm",)),
    "2024-03": (bad_months.pauses, ("ExpiredClaimsAlarm", "UnaccountedAlarm", "A bad deployment")),
    "2024-04": (bad_months.suspended, ("SES suspended the account",)),
}
"""By the month that each has for itself: what is played, and of which sections. Once a table was reconciled (`outbox_gone`),
the months of before stop when they are produced, so nothing that needs the messages of one comes after it.
"""


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    folder: Path = tmp_path_factory.mktemp("runbook")
    with passing_stack(folder / "stack", lambda _: None, PARAMS) as deployment:
        yield Shell(deployment, folder / "desk")


def section(begins: str) -> str:
    (heading,) = [one for one in SECTIONS if one.startswith(begins)]
    return heading


def test_each_section_with_commands_is_played() -> None:
    assert {section(begins) for _, headings in PLAYS.values() for begins in headings} == set(SECTIONS)


@pytest.mark.parametrize("period", PLAYS, ids=[play.__name__ for play, _ in PLAYS.values()])
def test_it_does_what_the_page_says(period: str, shell: Shell) -> None:
    play, headings = PLAYS[period]
    duty = Duty(shell, Rehearsal(shell.deployment, Period.parse(period), lambda _: None))
    play(duty, [SECTIONS[section(begins)] for begins in headings])
