"""The protocol's table: what follows from its rows."""

import pytest

from shared.outbox.states import ACCEPTED, Status
from shared.outbox.transitions import (
    CLAIM,
    CONFIRM,
    EXHAUST,
    MARK_BOUNCED,
    MARK_COMPLAINED,
    MARK_DELIVERED,
    MARK_SUPPRESSED,
    MARK_UNRENDERED,
    NUDGE,
    PRODUCE,
    REDRIVE,
    RELEASE,
    RESEND,
    TRANSITIONS,
    Guard,
    Transition,
    index_partition,
)


def test_the_sources_are_those_of_all_ways_in() -> None:
    assert RELEASE.sources == {Status.CLAIMED, Status.SENDING, Status.UNCERTAIN}


@pytest.mark.parametrize(
    ("transition", "partition"),
    [(CLAIM, "OPEN#5"), (NUDGE, None), (EXHAUST, "HELD#5"), (CONFIRM, ""), (REDRIVE, "OPEN#5"), (RELEASE, "OPEN#5")],
)
def test_what_happens_to_the_index(transition: Transition, partition: str | None) -> None:
    assert index_partition(transition, 5) == partition


def test_only_what_was_held_is_reopened() -> None:
    assert {one.name for one in TRANSITIONS if one.reopens} == {RELEASE.name, REDRIVE.name, RESEND.name}


@pytest.mark.parametrize(
    ("transition", "status"),
    list(zip((CONFIRM, MARK_SUPPRESSED, MARK_DELIVERED, MARK_BOUNCED, MARK_COMPLAINED), ACCEPTED, strict=True)),
)
def test_evidence_overtakes_all_that_says_less(transition: Transition, status: Status) -> None:
    later = set(ACCEPTED[ACCEPTED.index(status) :])
    assert transition.to is status
    assert transition.sources == set(Status) - later


def test_what_ses_has_accepted_stays_so_unless_its_last_ask_is_known_to_have_failed() -> None:
    """Why a Send event may be passed over by a read of a moment ago (ADR 43 D1): CONFIRM refuses an ask that has failed."""
    left = [(one, arm) for one in TRANSITIONS for arm in one.arms if one.to not in (None, *ACCEPTED)]
    ways_out = [(one, arm) for one, arm in left if arm.sources & set(ACCEPTED)]
    assert [one for one, _ in ways_out] == [MARK_UNRENDERED]
    assert [arm.sources & set(ACCEPTED) for _, arm in ways_out] == [{Status.SENT}]
    assert Guard.SEND_FENCE in ways_out[0][1].guards
    assert all(Guard.NOT_UNRENDERED in arm.guards for arm in CONFIRM.arms)


@pytest.mark.parametrize("transition", TRANSITIONS, ids=lambda one: one.name)
def test_nobody_but_claim_and_evidence_comes_in_without_a_guard(transition: Transition) -> None:
    unguarded = [arm for arm in transition.arms if not arm.guards]
    assert not unguarded or transition.by == "feedback" or transition is CLAIM


@pytest.mark.parametrize(
    "transition", [one for one in TRANSITIONS if one.by in ("sweeper", "operator")], ids=lambda one: one.name
)
def test_a_writer_that_decides_by_what_it_read_shows_the_fence_that_it_read(transition: Transition) -> None:
    assert all(Guard.SEEN_FENCE in arm.guards for arm in transition.arms)


def test_each_guard_is_used() -> None:
    assert {guard for one in TRANSITIONS for arm in one.arms for guard in arm.guards} == set(Guard)


@pytest.mark.parametrize("transition", [PRODUCE, *TRANSITIONS], ids=lambda one: one.name)
def test_each_summary_is_a_line_for_a_table_and_for_a_commands_help(transition: Transition) -> None:
    assert transition.summary[0].islower()
    assert transition.summary[-1].isalpha()
    assert len(transition.summary) < 100
    assert not set("|\n") & set(transition.summary)
    assert not [status for status in Status if status in transition.summary.split()], "its sources are data"


def test_what_is_produced_is_not_there_before() -> None:
    assert (PRODUCE.sources, PRODUCE.to, PRODUCE in TRANSITIONS) == (frozenset(), Status.PENDING, False)
