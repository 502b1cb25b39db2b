"""What the sweeper does, one message at a time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.keys import Key
from shared.outbox.message import Message
from shared.outbox.states import FINAL, HELD, Status
from shared.outbox.transitions import EXHAUST, EXPIRE_CLAIM, EXPIRE_SEND, NUDGE, POSTPONE, Transition
from shared.sweeping.intervals import LONGEST_GAP, LOOK_AGAIN, SKEW, STRANDED_AFTER, answered_within, next_sweep
from shared.sweeping.remedies import Remedy, Standing, brought_forward, remedy_for
from shared.times import to_text

NOW = datetime(2026, 11, 1, 6, tzinfo=UTC)
CAP = 5


def message(status: Status, *, changed: timedelta = timedelta(), **more: Any) -> Message:
    """Whose status changed so long ago."""
    history = {"produce": to_text(NOW - timedelta(days=300)), "release": to_text(NOW - changed)}
    defaults: dict[str, Any] = {"fence": 1, "attempt": 1, "email": "a@example.com", "template": "t", "data": {}}
    return Message(Key("u", "2026-10"), status, history=history, **{**defaults, **more})


def look(one: Message, running: bool = True, **known: Any) -> Remedy | None:
    return remedy_for(one, NOW, Standing(running, **known), CAP)


@pytest.mark.parametrize("status", sorted(FINAL | HELD))
def test_what_is_finished_or_held_is_left_alone(status: Status) -> None:
    assert look(message(status, changed=timedelta(days=30), lease_expires_at=NOW - timedelta(days=30))) is None


@pytest.mark.parametrize("status", [Status.CLAIMED, Status.SENDING])
@pytest.mark.parametrize("ahead", [timedelta(minutes=4), timedelta(), -SKEW])
def test_a_lease_that_may_still_run_is_waited_for(status: Status, ahead: timedelta) -> None:
    remedy = look(message(status, lease_expires_at=NOW + ahead))
    assert remedy == Remedy(POSTPONE, NOW + ahead + SKEW + timedelta(seconds=1))


@pytest.mark.parametrize("status", [Status.CLAIMED, Status.SENDING])
@pytest.mark.parametrize("slot", [timedelta(hours=-1), timedelta(), timedelta(hours=10)])
def test_a_message_is_looked_at_soon_after_its_slot(status: Status, slot: timedelta) -> None:
    """Its claim's lease ends later, but a send that dies meanwhile should not go unnoticed for so long."""
    remedy = look(message(status, send_at=NOW + slot, lease_expires_at=NOW + timedelta(hours=11)))
    assert remedy == Remedy(POSTPONE, max(NOW, NOW + slot) + LOOK_AGAIN)


@pytest.mark.parametrize(
    ("status", "attempt", "transition"),
    [
        (Status.CLAIMED, 1, EXPIRE_CLAIM),
        (Status.CLAIMED, CAP, EXHAUST),
        (Status.CLAIMED, CAP + 1, EXHAUST),
        (Status.SENDING, 1, EXPIRE_SEND),
        (Status.SENDING, CAP - 1, EXPIRE_SEND),
        (Status.SENDING, CAP, EXPIRE_SEND),
    ],
)
def test_a_lease_that_is_over(status: Status, attempt: int, transition: Transition) -> None:
    over = NOW - SKEW - timedelta(milliseconds=1)
    assert look(message(status, attempt=attempt, lease_expires_at=over)) == Remedy(transition)


def test_dead_claims_come_back_at_growing_gaps() -> None:
    """What kills them may last: with attempts at once, an hour of trouble would fail everybody."""
    gaps = []
    for attempt in range(1, 10):
        over = NOW - SKEW
        while True:
            remedy = remedy_for(
                message(Status.CLAIMED, attempt=attempt, lease_expires_at=over), NOW, Standing(running=True), 10
            )
            assert remedy is not None
            if remedy.transition is EXPIRE_CLAIM:
                break
            over -= timedelta(minutes=10)
        gaps.append((NOW - SKEW - over) // timedelta(minutes=10) - 1)
    assert gaps == [0, 1, 3, 7, 15, 31, 36, 36, 36]


@pytest.mark.parametrize("attempt", [-3, 0, 10**6])
def test_an_attempt_edited_by_hand(attempt: int) -> None:
    over = NOW - timedelta(days=1)
    edited = message(Status.CLAIMED, attempt=attempt, lease_expires_at=over)
    assert look(edited) == Remedy(EXHAUST if attempt > CAP else EXPIRE_CLAIM)


def test_a_fresh_pending_message_is_left_to_the_stream() -> None:
    fresh = message(Status.PENDING, changed=STRANDED_AFTER - timedelta(seconds=1))
    assert look(fresh) == Remedy(POSTPONE, NOW + timedelta(seconds=1))


@pytest.mark.parametrize(
    ("running", "streamed", "transition"),
    [
        (True, None, NUDGE),
        (True, NOW, NUDGE),
        (True, NOW - timedelta(hours=1), NUDGE),
        (True, NOW - timedelta(hours=1, milliseconds=999), NUDGE),  # the stream knows whole seconds
        (False, None, POSTPONE),
        (False, NOW, POSTPONE),
    ],
)
def test_a_stranded_one_is_nudged_where_that_can_help(
    running: bool, streamed: datetime | None, transition: Transition
) -> None:
    """Not while the campaign stands still. A stream that has shown nothing yet is taken to have lost it."""
    remedy = look(message(Status.PENDING, changed=timedelta(hours=1)), running, streamed_up_to=streamed)
    assert remedy == Remedy(transition, NOW + STRANDED_AFTER)


HOUR_OLD = message(Status.PENDING, changed=timedelta(hours=1))
MONTH_AGO = NOW - timedelta(days=30)
ANSWERED_WITHIN, NEXT_SWEEP = answered_within(STRANDED_AFTER), next_sweep(STRANDED_AFTER)
PROBE = Remedy(NUDGE, NOW + STRANDED_AFTER, probes=True)


@pytest.mark.parametrize(
    ("probed", "remedy"),
    [
        (None, PROBE),  # nobody has ever asked
        (MONTH_AGO, PROBE),
        (NOW - STRANDED_AFTER - SKEW, PROBE),
        (NOW, Remedy(POSTPONE, NOW + NEXT_SWEEP)),  # under way
        (NOW - ANSWERED_WITHIN + SKEW, Remedy(POSTPONE, NOW + NEXT_SWEEP)),
        (NOW - ANSWERED_WITHIN, Remedy(POSTPONE, NOW + STRANDED_AFTER)),  # it has not come through: behind
        (NOW - STRANDED_AFTER, Remedy(POSTPONE, NOW + STRANDED_AFTER)),
    ],
)
def test_whether_the_stream_is_behind_or_has_lost_a_message_a_probe_tells(
    probed: datetime | None, remedy: Remedy
) -> None:
    """The stream was last seen before the message: on a stack that sends once a month, for a month."""
    for streamed in (MONTH_AGO, NOW - timedelta(hours=1, seconds=6)):
        assert look(HOUR_OLD, streamed_up_to=streamed, probed_at=probed) == remedy


def test_when_a_probe_has_come_through_every_older_message_is_lost() -> None:
    probed = NOW - timedelta(minutes=4)
    streamed = probed.replace(microsecond=0)  # the stream knows whole seconds
    assert look(HOUR_OLD, streamed_up_to=streamed, probed_at=probed) == Remedy(NUDGE, NOW + STRANDED_AFTER)


def test_a_message_that_was_nudged_is_where_its_nudge_is_in_the_stream() -> None:
    nudged = message(Status.PENDING, changed=timedelta(hours=1), touched_at=NOW - timedelta(minutes=11), nudges=1)
    behind = NOW - timedelta(minutes=30)
    assert look(nudged, streamed_up_to=behind, probed_at=NOW - timedelta(minutes=8)) == Remedy(
        POSTPONE, NOW + STRANDED_AFTER
    )


def test_no_probe_is_sent_while_the_campaign_stands_still() -> None:
    assert look(HOUR_OLD, running=False, streamed_up_to=MONTH_AGO) == Remedy(POSTPONE, NOW + STRANDED_AFTER)


def test_nudges_come_at_growing_gaps() -> None:
    gaps = []
    for nudges in range(8):
        remedy = look(message(Status.PENDING, changed=timedelta(hours=1), nudges=nudges))
        assert remedy is not None
        assert remedy.due_at is not None
        gaps.append(remedy.due_at - NOW)
    minutes = [gap / timedelta(minutes=1) for gap in gaps]
    assert minutes == [10, 20, 40, 80, 160, 320, 360, 360]


@pytest.mark.parametrize("nudges", [37, 38, 100, 2000])
def test_a_message_may_be_nudged_for_months(nudges: int) -> None:
    """A month that takes longer than the planning horizon nudges its tail four times a day."""
    often = message(Status.PENDING, changed=timedelta(hours=1), nudges=nudges)
    assert look(often) == Remedy(NUDGE, NOW + LONGEST_GAP)


@given(
    st.sampled_from([Status.PENDING, Status.CLAIMED, Status.SENDING]),
    st.timedeltas(timedelta(), timedelta(days=300)),
    st.timedeltas(timedelta(days=-30), timedelta(days=30)),
    st.integers(0, 10),
    st.booleans(),
)
def test_every_look_moves_the_message_out_of_the_way(
    status: Status, changed: timedelta, lease: timedelta, nudges: int, running: bool
) -> None:
    """So that a sweep that was cut short goes on with other messages the next time."""
    remedy = look(message(status, changed=changed, lease_expires_at=NOW + lease, nudges=nudges), running)
    assert remedy is not None
    assert (remedy.due_at is None) == (remedy.transition in {EXPIRE_CLAIM, EXHAUST, EXPIRE_SEND})
    assert remedy.due_at is None or remedy.due_at > NOW


@pytest.mark.parametrize(("short_of", "transition"), [(timedelta(milliseconds=1), POSTPONE), (timedelta(), NUDGE)])
def test_a_message_is_stranded_from_that_moment_on(short_of: timedelta, transition: Transition) -> None:
    remedy = look(message(Status.PENDING, changed=STRANDED_AFTER - short_of))
    assert remedy is not None
    assert remedy.transition is transition


def test_what_a_halt_left_behind_is_looked_at_again_when_it_may_be_stranded() -> None:
    assert brought_forward(NOW) == Remedy(NUDGE, NOW + STRANDED_AFTER, feeds=True)
