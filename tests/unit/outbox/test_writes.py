"""The conditional write of a transition, as data."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.outbox.states import EXCEPTIONAL, Status
from shared.outbox.transitions import (
    ADOPT,
    BEGIN_SEND,
    CANCEL,
    CLAIM,
    CONFIRM,
    EXPIRE_CLAIM,
    MARK_DELIVERED,
    MARK_SENT,
    MARK_UNRENDERED,
    NUDGE,
    REDACT,
    REDRIVE,
    REFILE,
    RELEASE,
    RESEND,
    TRANSITIONS,
    Transition,
)
from shared.outbox.writes import OF_THE_UNFINISHED, OF_THE_UNTOLD, Known, write_of
from shared.store import Term, Write

NOW = datetime(2026, 11, 1, 6, tzinfo=UTC)
AT = "2026-11-01T06:00:00.000Z"
KEY = {"user_id": "ann", "period": "2026-10"}
ALL = Known(fence=3, token="t", cap=5)


def made(transition: Transition, known: Known = ALL, **sets: object) -> Write:
    return write_of(transition, KEY, 6, NOW, "write-1", known, sets)


def test_a_claim() -> None:
    assert made(CLAIM, Known(), owner="record-1") == Write(
        KEY,
        arms=((Term("status", "in", ("PENDING",)),),),
        sets={
            "last_write": "write-1",
            "owner": "record-1",
            "status": "CLAIMED",
            "history.claim": AT,
            "unfinished": "OPEN#6",
        },
        adds={"fence": 1, "attempt": 1},
    )


def test_begin_send_needs_the_fence_and_takes_none() -> None:
    write = made(BEGIN_SEND, Known(fence=3))
    assert write.arms == ((Term("status", "in", ("CLAIMED",)), Term("fence", "equals", 3)),)
    assert write.adds == {}


def test_each_guard_is_a_term() -> None:
    assert made(EXPIRE_CLAIM).arms[0][1:] == (
        Term("fence", "equals", 3),
        Term("lease_expires_at", "before", AT),
        Term("attempt", "less", 5),
    )
    assert made(MARK_SENT).arms[0][1:] == (Term("send_token", "equals", "t"),)
    assert made(MARK_UNRENDERED).arms[0][1:] == (Term("send_fence", "equals", 3), Term("data", "exists"))
    assert made(CONFIRM).arms[0][1:] == (Term("history.unrendered_3", "absent"),)
    assert made(ADOPT).arms[0][1:] == (Term("history", "absent"), Term("fence", "absent"))


@pytest.mark.parametrize(
    ("known", "sources"),
    [
        (Known(fence=3), [("CLAIMED",)]),
        (Known(token="t"), [("SENDING", "UNCERTAIN")]),
        (ALL, [("CLAIMED",), ("SENDING", "UNCERTAIN")]),
    ],
)
def test_a_writer_comes_in_only_where_it_can_show_the_guard(known: Known, sources: list[tuple[str, ...]]) -> None:
    assert [arm[0].value for arm in made(RELEASE, known).arms] == sources


@pytest.mark.parametrize(
    ("transition", "known"),
    [(MARK_SENT, Known(fence=3)), (BEGIN_SEND, Known(token="t")), (CANCEL, Known()), (RELEASE, Known())],
)
def test_a_writer_that_can_show_no_guard_writes_nothing_at_all(transition: Transition, known: Known) -> None:
    """A write without a guard would always be allowed."""
    with pytest.raises(ValueError, match=f"{transition.name} can't be guarded"):
        made(transition, known)


def test_attempts_are_counted_given_back_and_reset() -> None:
    assert made(CLAIM).adds["attempt"] == 1
    assert made(RELEASE).adds["attempt"] == -1
    for transition in (REDRIVE, RESEND):
        assert made(transition).sets["attempt"] == 0
        assert "attempt" not in made(transition).adds
    assert "attempt" not in {**made(NUDGE).adds, **made(NUDGE).sets}


@pytest.mark.parametrize("transition", TRANSITIONS, ids=lambda one: one.name)
def test_every_write_is_guarded_named_and_dated(transition: Transition) -> None:
    write = made(transition)
    assert write.key == KEY
    assert len(write.arms) == len(transition.arms)
    assert all(arm[0].test == "in" and arm[0].value for arm in write.arms)
    assert write.sets["last_write"] == "write-1"
    assert ("fence" in write.adds) == transition.takes_fence
    if transition.to is None:
        assert "status" not in write.sets
        assert not [name for name in write.sets if name.startswith("history")]
    else:
        assert write.sets["status"] == transition.to.value
        assert write.sets[f"history.{transition.name}"] == AT


@pytest.mark.parametrize("transition", TRANSITIONS, ids=lambda one: one.name)
def test_the_same_write_is_byte_identical(transition: Transition) -> None:
    """The SDK repeats it, and Step Functions' own retry must not order the statuses anew."""
    from shared.aws.dynamodb_wire import update_item

    assert repr(update_item(made(transition))) == repr(update_item(made(transition)))
    assert [term.value for arm in made(transition).arms for term in arm if term.test == "in"] == [
        tuple(sorted(term.value)) for arm in made(transition).arms for term in arm if term.test == "in"
    ]


@pytest.mark.parametrize(
    ("transition", "partition", "removes"),
    [
        (CLAIM, "OPEN#6", ()),
        (MARK_SENT, None, (*OF_THE_UNFINISHED, "outcome")),
        (CANCEL, None, (*OF_THE_UNFINISHED, *OF_THE_UNTOLD, "email")),
        (MARK_DELIVERED, None, (*OF_THE_UNFINISHED, *OF_THE_UNTOLD, "email", "outcome")),
        (REDACT, None, (*OF_THE_UNTOLD, "email")),
        (MARK_UNRENDERED, "HELD#6", ()),
        (REDRIVE, "OPEN#6", ("outcome",)),
        (RELEASE, "OPEN#6", ("outcome",)),
        (EXPIRE_CLAIM, None, ()),
    ],
)
def test_the_index_is_written_only_where_it_changes(
    transition: Transition, partition: str | None, removes: tuple[str, ...]
) -> None:
    """A changed index key costs two index writes, an unchanged one none."""
    write = made(transition)
    assert write.sets.get("unfinished") == partition
    assert write.removes == removes


def test_nothing_is_dropped_that_somebody_still_needs() -> None:
    """Of one that SES took: by whom it was asked, for a late answer and a failure to render; then its ticket, for a complaint."""
    assert {"send_token", "send_fence", "data", "sender", "email", "ticket"}.isdisjoint(made(MARK_SENT).removes)
    assert {"send_at", "lease_expires_at", "send_token", "ticket"}.isdisjoint(made(BEGIN_SEND).removes)
    assert {"ticket", "digest", "template", "message_id", "ses_message_id"}.isdisjoint(made(MARK_DELIVERED).removes)


def test_an_address_may_be_kept_for_a_while_where_the_story_is_over() -> None:
    kept = write_of(MARK_DELIVERED, KEY, 6, NOW, "write-1", ALL, {}, keeps_address=True)
    assert kept.removes == (*OF_THE_UNFINISHED, *OF_THE_UNTOLD, "outcome")
    assert "email" in write_of(REDACT, KEY, 6, NOW, "write-1", ALL, {}, keeps_address=True).removes


@pytest.mark.parametrize("transition", TRANSITIONS, ids=lambda one: one.name)
def test_what_may_come_back_into_the_index_gets_a_time_to_be_looked_at(transition: Transition) -> None:
    """A final message has none, and the index shows only what has both of its keys."""
    comes_back = transition.name in ("mark_unrendered", "refile")
    write = write_of(transition, KEY, 6, NOW, "write-1", replace(ALL, status=Status.CLAIMED), {})
    assert write.sets.get("due_at") == (AT if comes_back else None)


def test_a_final_message_that_is_refiled_leaves_the_index() -> None:
    write = write_of(REFILE, KEY, 6, NOW, "write-1", replace(ALL, status=Status.SENT), {})
    assert write.removes == (*OF_THE_UNFINISHED, "outcome")
    assert not set(write.sets) & set(write.removes), "DynamoDB refuses one that is both set and removed"


@pytest.mark.parametrize("status", sorted(Status))
def test_a_refiled_message_is_listed_by_what_became_of_it(status: Status) -> None:
    write = write_of(REFILE, KEY, 6, NOW, "write-1", replace(ALL, status=status), {})
    assert write.sets.get("outcome") == (f"2026-10 {status}" if status in EXCEPTIONAL else None)
    assert ("outcome" in write.removes) == (status not in EXCEPTIONAL)


def test_nothing_but_a_status_of_the_protocol_is_ever_written() -> None:
    written = {made(transition).sets.get("status") for transition in TRANSITIONS} - {None}
    assert written == {status.value for status in Status}
