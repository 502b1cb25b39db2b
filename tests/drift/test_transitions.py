"""shared/outbox/transitions.py ↔ the outbox's methods ↔ feedback ↔ the sweeper ↔ the statuses."""

import inspect
from datetime import UTC, datetime, timedelta

import pytest

from shared.keys import Key
from shared.outbox.message import Message
from shared.outbox.outbox import Outbox
from shared.outbox.states import FINAL, HELD, WAITING, Status
from shared.outbox.transitions import (
    MARK_SUPPRESSED,
    NOTE_UNRENDERED,
    POSTPONE,
    REDACT,
    REFILE,
    TRANSITIONS,
    Transition,
    index_partition,
)
from shared.sending.evidence import VERDICTS
from shared.sweeping.remedies import Standing, remedy_for
from tests.contract.protocol import ROWS

BY_NAME = {transition.name: transition for transition in TRANSITIONS}
READS = {"get", "due", "due_pages", "held", "nothing_waits", "walk", "compare", "check_news", "read"}
NOW = datetime(2026, 11, 1, 6, tzinfo=UTC)
ORDER = [Status.SENT, Status.SUPPRESSED, Status.DELIVERED, Status.BOUNCED, Status.COMPLAINED]


def test_names_are_unique() -> None:
    assert len(BY_NAME) == len(TRANSITIONS)


def test_every_transition_is_a_method_of_the_outbox_and_every_write_a_transition() -> None:
    methods = {name for name, _ in inspect.getmembers(Outbox, inspect.isfunction) if not name.startswith("_")}
    assert methods - READS == {*BY_NAME, "produce"}


def test_the_table_is_that_of_the_contract_tests() -> None:
    contract: dict[str, set[Status]] = {}
    for row in ROWS:
        contract.setdefault(row.name, set()).update(row.sources)
    assert {name: set(transition.sources) for name, transition in BY_NAME.items()} == contract
    assert {row.name: row.to for row in ROWS} == {name: transition.to for name, transition in BY_NAME.items()}


def test_every_verdict_of_feedback_is_a_transition_of_feedback() -> None:
    assert {*VERDICTS.values(), MARK_SUPPRESSED, NOTE_UNRENDERED} == {
        one for one in TRANSITIONS if one.by == "feedback"
    }


def remedies(status: Status) -> set[Transition]:
    """All that the sweeper may do to a message of this status."""
    found = set[Transition]()
    for hours in (0, 1, 100):
        for attempt in (1, 5):
            message = Message(
                Key("u", "2026-10"), status, 1, attempt, "a@example.com", "usage-1", {},
                lease_expires_at=NOW, history={"produce": "2026-11-01T06:00:00.000Z"},
            )  # fmt: skip
            remedy = remedy_for(message, NOW + timedelta(hours=hours), Standing(running=True), cap=5)
            found |= {remedy.transition} if remedy else set()
    return found


def test_the_sweepers_remedies_are_its_transitions() -> None:
    found = set[Transition]().union(*(remedies(status) for status in Status))
    assert found | {REFILE, REDACT} == {one for one in TRANSITIONS if one.by == "sweeper"}


@pytest.mark.parametrize("status", Status)
def test_every_status_is_waiting_held_or_final(status: Status) -> None:
    assert [status in group for group in (WAITING, HELD, FINAL)].count(True) == 1


@pytest.mark.parametrize("status", Status)
def test_no_status_is_a_dead_end(status: Status) -> None:
    """What waits is brought on by the sweeper, what is held by an operator, and what is final may stay."""
    leaving = {one.by for one in TRANSITIONS if status in one.sources and one.to not in (None, status)}
    if status in WAITING:
        assert remedies(status) - {POSTPONE}
        assert all(status in remedy.sources for remedy in remedies(status))
    elif status in HELD:
        assert "operator" in leaving
        assert "sweeper" not in leaving
    else:
        assert leaving <= {"feedback"}


def test_what_is_known_of_a_mail_never_goes_backwards() -> None:
    for transition in TRANSITIONS:
        for source in transition.sources & set(ORDER):
            if transition.to is not None and transition.name != "mark_unrendered":
                assert transition.to in ORDER[ORDER.index(source) + 1 :], transition.name


def test_nothing_but_an_operators_resend_leads_from_an_unanswered_ask_back_to_pending_without_the_token() -> None:
    """I1: SENDING and UNCERTAIN are left for PENDING or CLAIMED only by the writer that knows that SES refused."""
    back = {one.name for one in TRANSITIONS if one.to in (Status.PENDING, Status.CLAIMED)}
    asked = {name for name in back if BY_NAME[name].sources & {Status.SENDING, Status.UNCERTAIN}}
    assert asked == {"release", "snooze", "resend"}
    for name in ("release", "snooze"):
        for arm in BY_NAME[name].arms:
            if arm.sources & {Status.SENDING, Status.UNCERTAIN}:
                assert [guard.name for guard in arm.guards] == ["TOKEN"]


@pytest.mark.parametrize("transition", TRANSITIONS, ids=lambda one: one.name)
def test_the_index_holds_what_is_not_final(transition: Transition) -> None:
    if transition.to is not None:
        expected = {**dict.fromkeys(FINAL, ("",)), **dict.fromkeys(HELD, ("HELD#3",))}
        assert index_partition(transition, 3) in expected.get(transition.to, ("OPEN#3", None))


def test_a_takeover_takes_the_fence() -> None:
    """A worker that holds the message keeps its fence; a writer that takes it from the worker grows it."""
    assert {one.name for one in TRANSITIONS if one.by == "send" and one.takes_fence} == set()
    by_others = [one for one in TRANSITIONS if one.by in ("operator", "feedback") and one.to is not None]
    assert all(one.takes_fence for one in by_others)
    keeping = {one.name for one in TRANSITIONS if one.by == "sweeper" and not one.takes_fence}
    assert keeping == {"nudge", "postpone", "refile", "redact"}
