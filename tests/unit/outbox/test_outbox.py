"""The outbox beyond its transitions, which tests/contract drives one by one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.errors import InvalidMessageError, LeaseLostError
from shared.keys import Key
from shared.outbox.comparison import Comparison
from shared.outbox.new_message import new_item
from shared.outbox.outbox import Outbox
from shared.outbox.states import ACCEPTED, Status
from shared.outbox.writes import Known
from shared.store import Answer, Item, Write
from simulation.fakes.table import FakeTable
from simulation.fakes.wire import Wire
from tests.contract.protocol import ROWS, TOKEN, Row, item_in

NOW = datetime(2026, 11, 1, 6, tzinfo=UTC)
KEY = Key("ann", "2026-10")
LEASE = timedelta(minutes=15)


@pytest.fixture
def table() -> FakeTable:
    return FakeTable("outbox", ("user_id", "period"), lambda: NOW, Wire())


@pytest.fixture
def outbox(table: FakeTable) -> Outbox:
    return Outbox(table, lambda: NOW)


def stored(table: FakeTable) -> dict[str, Any]:
    (item,) = table.items()
    return item


def message(**changes: Any) -> Item:
    contents = {
        "email": "old@example.com",
        "data": {"month": "October"},
        "template": "usage-1",
        "sender": "usage@example.com",
    }
    return new_item(KEY, **{**contents, "now": NOW, "due_at": NOW, **changes})


def test_get(outbox: Outbox, table: FakeTable) -> None:
    assert outbox.get(KEY) is None
    table.put(item_in(Status.SENT, KEY))
    message = outbox.get(KEY)
    assert message is not None
    assert message.status is Status.SENT
    table.put({**KEY._asdict(), "status": "SENT"})
    with pytest.raises(InvalidMessageError):
        outbox.get(KEY)


def test_what_was_produced_before_stays_as_it_is(outbox: Outbox, table: FakeTable) -> None:
    """I5"""
    first = new_item(KEY, "old@example.com", {"month": "October"}, "usage-1", "usage@example.com", NOW, NOW)
    again = new_item(KEY, "new@example.com", {"month": "November"}, "usage-2", "usage@example.com", NOW, NOW)
    assert outbox.produce([first]) == []
    assert outbox.produce([again]) == [again]
    assert stored(table) == first


@pytest.mark.parametrize(
    ("changes", "differ"),
    [
        ({}, 0),
        ({"due_at": datetime(2026, 12, 1, tzinfo=UTC), "now": datetime(2026, 11, 2, tzinfo=UTC)}, 0),
        ({"email": "new@example.com"}, 1),
        ({"data": {"month": "November"}}, 1),
        ({"template": "usage-2"}, 1),
        ({"sender": "another@example.com"}, 1),
        ({"sender": "Usage <usage@example.com>"}, 1),
        ({"reply_to": "help@example.com"}, 1),
    ],
)
def test_a_message_differs_if_it_says_something_else_or_to_another(
    outbox: Outbox, changes: dict[str, Any], differ: int
) -> None:
    first = message()
    outbox.produce([first])
    assert outbox.compare([message(**changes)]) == Comparison(differ, adopted=0)
    assert outbox.compare([]) == Comparison(0, 0)


def test_a_message_is_compared_also_when_it_has_dropped_what_it_says(outbox: Outbox, table: FakeTable) -> None:
    outbox.produce([message()])
    outbox.mark_delivered(KEY, "ses-1")
    assert not {"email", "data"} & stored(table).keys()
    assert outbox.compare([message()]) == Comparison(0, adopted=0)
    assert outbox.compare([message(email="new@example.com")]) == Comparison(1, adopted=0)


def test_what_has_neither_digest_nor_contents_is_not_known_to_differ(outbox: Outbox, table: FakeTable) -> None:
    """It was put in by hand, and is delivered."""
    item = item_in(Status.SENDING, KEY, history={"adopt": "2026-11-01T06:00:00.000Z"})
    table.put(item)
    outbox.mark_delivered(KEY, "ses-1")
    assert outbox.compare([message()]) == Comparison(0, adopted=1)


def test_a_message_from_before_senders_were_kept_differs_from_none(outbox: Outbox, table: FakeTable) -> None:
    """It goes out from the deployed one, as the other would."""
    item = new_item(KEY, "old@example.com", {"month": "October"}, "usage-1", "usage@example.com", NOW, NOW)
    table.put({name: value for name, value in item.items() if name not in ("sender", "digest")})
    assert outbox.compare([item]) == Comparison(differing=0, adopted=0)


@pytest.mark.parametrize("history", [{}, {"adopt": "2026-11-01T06:00:00.000Z"}])
def test_a_message_that_was_put_in_by_hand_is_not_the_producers(
    outbox: Outbox, table: FakeTable, history: dict[str, str]
) -> None:
    item = new_item(KEY, "old@example.com", {"month": "October"}, "usage-1", "usage@example.com", NOW, NOW)
    table.put({**item, "history": history})
    assert outbox.compare([item]) == Comparison(differing=0, adopted=1)


def test_a_message_that_has_gone_since_differs_from_nothing(outbox: Outbox) -> None:
    assert outbox.compare(
        [new_item(KEY, "old@example.com", {}, "usage-1", "usage@example.com", NOW, NOW)]
    ) == Comparison(0, 0)


@pytest.mark.parametrize(("length", "kept"), [(0, 0), (160, 160), (161, 160), (100_000, 160)])
def test_a_reason_is_one_sentence(outbox: Outbox, table: FakeTable, length: int, kept: int) -> None:
    """An item stays under 1 KB, whatever SES or an operator says."""
    table.put(item_in(Status.CLAIMED, KEY))
    outbox.release(KEY, Known(fence=3), "x" * length)
    assert len(stored(table)["last_error"]) == kept
    assert stored(table)["last_error"].endswith("…") is (length > kept)
    outbox.cancel(KEY, 3, "b" * length, "x" * length)
    assert (len(stored(table)["decided_by"]), len(stored(table)["decision"])) == (kept, kept)


@pytest.mark.parametrize("told", ["mark_delivered", "mark_bounced", "mark_complained", "mark_suppressed"])
def test_an_answer_that_comes_after_the_whole_story_is_success(outbox: Outbox, table: FakeTable, told: str) -> None:
    """The token is gone by then: what SES's events tell says more than the answer does."""
    table.put(item_in(Status.SENDING, KEY))
    getattr(outbox, told)(KEY, "ses-1", *(("why",) if told != "mark_delivered" else ()))
    before = stored(table)
    assert "send_token" not in before
    outbox.mark_sent(KEY, TOKEN, "ses-1")
    outbox.mark_uncertain(KEY, TOKEN, "the answer was lost")
    assert stored(table) == before
    with pytest.raises(LeaseLostError):
        outbox.snooze(KEY, TOKEN, LEASE, "why")
    for guard in (Known(token=TOKEN), Known(fence=3)):
        with pytest.raises(LeaseLostError):
            outbox.release(KEY, guard, "why")
        with pytest.raises(LeaseLostError):
            outbox.fail(KEY, guard, "why")


@pytest.mark.parametrize("status", [Status.CLAIMED, Status.SENT, Status.PENDING, Status.FAILED, Status.UNCERTAIN])
def test_without_its_token_an_ask_concludes_nothing_before_that(
    outbox: Outbox, table: FakeTable, status: Status
) -> None:
    item = item_in(status, KEY)
    table.put({name: value for name, value in item.items() if name != "send_token"})
    with pytest.raises(LeaseLostError):
        outbox.mark_sent(KEY, TOKEN, "ses-1")
    with pytest.raises(LeaseLostError):
        outbox.snooze(KEY, TOKEN, LEASE, "why")


def test_the_lease_of_a_claim_covers_its_slot(outbox: Outbox, table: FakeTable) -> None:
    """A message that waits its turn for ten hours is not stuck."""
    table.put(item_in(Status.PENDING, KEY))
    message = outbox.claim(KEY, "record", "ann-1", NOW + timedelta(hours=10), 7, timedelta(minutes=15))
    assert message.send_at == NOW + timedelta(hours=10)
    assert message.lease_expires_at == NOW + timedelta(hours=10, minutes=15)
    assert (message.ticket, message.owner, message.fence, message.attempt) == (7, "record", 4, 3)


def test_a_begun_send_is_marked_with_its_token_its_fence_and_a_lease(outbox: Outbox, table: FakeTable) -> None:
    table.put(item_in(Status.CLAIMED, KEY, send_token="an earlier one", send_fence=1))
    outbox.begin_send(KEY, 3, "a new one", timedelta(seconds=120))
    item = stored(table)
    assert (item["send_token"], item["send_fence"]) == ("a new one", 3)
    assert item["lease_expires_at"] == "2026-11-01T06:02:00.000Z"


def test_a_late_copy_of_an_earlier_snooze_reopens_nothing(outbox: Outbox, table: FakeTable) -> None:
    """ADR 1: why each begin_send has a token of its own."""
    table.put(item_in(Status.CLAIMED, KEY))
    outbox.begin_send(KEY, 3, "first", timedelta(seconds=120))
    outbox.snooze(KEY, "first", timedelta(minutes=15), "throttled")
    outbox.begin_send(KEY, 3, "second", timedelta(seconds=120))
    with pytest.raises(LeaseLostError):
        outbox.snooze(KEY, "first", timedelta(minutes=15), "throttled")
    assert stored(table)["status"] == "SENDING"


MARKED_LATE: dict[str, tuple[list[tuple[Any, ...]], str]] = {
    "it was confirmed": ([("confirm", 3, "ses-1")], "SENT"),
    "it was delivered": ([("mark_delivered", "ses-1")], "DELIVERED"),
    "SES did not render it": ([("mark_unrendered", 3, "no 'x'")], "FAILED"),
    "that was redriven": ([("mark_unrendered", 3, "no 'x'"), ("redrive", 4, "ann", "mended")], "PENDING"),
    "an operator assumed it sent": ([("assume_sent", 3, "ann", "so be it")], "SENT"),
    "an operator resends it": ([("resend", 3, "ann", "they got none")], "PENDING"),
    "that was claimed": ([("resend", 3, "ann", "they got none"), ("claim", "r", "x", NOW, 1, LEASE)], "CLAIMED"),
    "that is asked for": (
        [("resend", 3, "ann", "they got none"), ("claim", "r", "x", NOW, 1, LEASE), ("begin_send", 5, "second", LEASE)],
        "SENDING",
    ),
}
"""What has become of an UNCERTAIN message when a copy of the write that made it so arrives."""


@pytest.mark.parametrize("meanwhile", MARKED_LATE)
def test_a_late_copy_of_a_lost_answers_mark_changes_nothing(
    outbox: Outbox, table: FakeTable, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    table.put(item_in(Status.SENDING, KEY))
    write = table.write
    copies: list[Write] = []

    def copied(request: Write) -> Answer:
        copies.append(request)
        return write(request)

    monkeypatch.setattr(table, "write", copied)
    outbox.mark_uncertain(KEY, TOKEN, "the answer of SES was lost")
    steps, then = MARKED_LATE[meanwhile]
    for name, *given in steps:
        getattr(outbox, name)(KEY, *given)
    before = stored(table)
    assert not write(copies[0]).won
    assert (stored(table), before["status"]) == (before, then)


def test_a_lost_answers_mark_after_the_lease_keeps_the_sweepers(outbox: Outbox, table: FakeTable) -> None:
    """Both are true by then; the fence that an operator has read stays good."""
    table.put(item_in(Status.SENDING, KEY))
    outbox.expire_send(KEY, 3)
    before = stored(table)
    outbox.mark_uncertain(KEY, TOKEN, "the answer of SES was lost")
    assert stored(table) == before


def test_the_sweeper_comes_too_late_for_an_answer_that_is_known_to_be_lost(outbox: Outbox, table: FakeTable) -> None:
    table.put(item_in(Status.SENDING, KEY))
    outbox.mark_uncertain(KEY, TOKEN, "the answer of SES was lost")
    with pytest.raises(LeaseLostError):
        outbox.expire_send(KEY, 3)
    assert stored(table)["last_error"] == "the answer of SES was lost"


@pytest.mark.parametrize("status", ACCEPTED)
def test_that_feedback_was_faster_is_success_for_its_own_token_only(
    outbox: Outbox, table: FakeTable, status: Status
) -> None:
    table.put(item_in(status, KEY))
    outbox.mark_sent(KEY, TOKEN, "ses-1")
    with pytest.raises(LeaseLostError):
        outbox.mark_sent(KEY, "another", "ses-1")


def test_a_send_event_that_comes_after_the_rendering_failure_of_the_same_ask_proves_nothing(
    outbox: Outbox, table: FakeTable
) -> None:
    """SES publishes both, in any order, for a mail that it never sent."""
    table.put(item_in(Status.SENT, KEY))
    outbox.mark_unrendered(KEY, 3, "no 'x'")
    with pytest.raises(LeaseLostError):
        outbox.confirm(KEY, 3, "ses-1")
    outbox.redrive(KEY, 4, "ann", "the data is right now")
    outbox.confirm(KEY, 5, "ses-2")
    assert stored(table)["status"] == "SENT"


def test_a_late_rendering_failure_of_an_earlier_ask_is_not_that_of_the_last(outbox: Outbox, table: FakeTable) -> None:
    table.put(item_in(Status.SENT, KEY, send_fence=5))
    with pytest.raises(LeaseLostError):
        outbox.mark_unrendered(KEY, 3, "no 'x'")
    assert stored(table)["status"] == "SENT"


def test_a_decision_names_its_maker_and_cannot_be_made_twice(outbox: Outbox, table: FakeTable) -> None:
    table.put(item_in(Status.UNCERTAIN, KEY))
    outbox.resend(KEY, 3, "ann", "the user says that they got nothing")
    assert stored(table)["decided_by"] == "ann"
    assert stored(table)["decision"] == "the user says that they got nothing"
    with pytest.raises(LeaseLostError):
        outbox.assume_sent(KEY, 3, "bob", "too late")


SLOT = {"send_at": "2026-11-01T07:00:00.000Z", "lease_expires_at": "2026-11-01T07:15:00.000Z"}
KEEPS: dict[str, dict[str, Any]] = {
    "forget": {"decided_by": "ann", "decision": "why"},
    "claim": {"owner": "this record", "execution": "ann-1", "ticket": 1, **SLOT},
    "reschedule": {"ticket": 2, **SLOT},
    "begin_send": {"send_token": "a new token", "send_fence": 3, "lease_expires_at": "2026-11-01T06:15:00.000Z"},
    "mark_sent": {"ses_message_id": "ses-1"},
    "mark_uncertain": {"last_error": "why"},
    "snooze": {"last_error": "why", "lease_expires_at": "2026-11-01T06:15:00.000Z"},
    "release": {"last_error": "why"},
    "fail": {"last_error": "why"},
    "expire_claim": {"last_error": "its claim's lease was over"},
    "exhaust": {"last_error": "gave up: 2 attempts ended without an answer"},
    "expire_send": {"last_error": "the worker fell silent while it asked SES"},
    "nudge": {"nudges": 1, "touched_at": "2026-11-01T06:00:00.000Z", "due_at": "2026-11-01T06:00:00.000Z"},
    "postpone": {"due_at": "2026-11-01T06:00:00.000Z"},
    "confirm": {"ses_message_id": "ses-1"},
    "mark_delivered": {"ses_message_id": "ses-1"},
    "mark_suppressed": {"ses_message_id": "ses-1", "last_error": "why"},
    "mark_bounced": {"ses_message_id": "ses-1", "last_error": "why"},
    "mark_complained": {"ses_message_id": "ses-1", "last_error": "why"},
    "mark_unrendered": {"last_error": "why"},
    "redrive": {"decided_by": "ann", "decision": "why"},
    "assume_sent": {"decided_by": "ann", "decision": "why"},
    "resend": {"decided_by": "ann", "decision": "why"},
    "cancel": {"decided_by": "ann", "decision": "why"},
    "reconcile": {"decided_by": "ann", "decision": "why"},
}  # fmt: skip
"""What each transition notes in the item, beside what the protocol makes of it: for the next writer and for people."""


@pytest.mark.parametrize("row", [row for row in ROWS if row.name in KEEPS], ids=str)
def test_a_transition_keeps_what_it_was_told(outbox: Outbox, table: FakeTable, row: Row) -> None:
    for source in row.sources:
        table.put(row.prepare(item_in(source, KEY)))
        row.call(outbox, KEY, row.shown)
        found = stored(table)
        assert {name: found[name] for name in KEEPS[row.name] if name in found} == KEEPS[row.name]


def test_every_transition_that_notes_something_is_listed() -> None:
    assert {row.name for row in ROWS} - set(KEEPS) == {"adopt", "refile", "redact", "note_unrendered"}
