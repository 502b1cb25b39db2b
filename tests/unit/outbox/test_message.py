"""An item, read with care, and made."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.aws.dynamodb_wire import from_wire, to_wire
from shared.errors import InvalidMessageError
from shared.keys import Key
from shared.outbox.message import Message, from_item
from shared.outbox.new_message import adopted, new_item
from shared.outbox.states import FINAL, Status
from tests.contract.protocol import item_in

KEY = Key("ann", "2026-10")
NOW = datetime(2026, 11, 1, 6, tzinfo=UTC)
DUE = datetime(2026, 11, 1, 7, tzinfo=UTC)
REMOVED = object()
DIGEST = "ba2f7164bce11c68"
"""Kept from release to release: items hold it."""


def edited(**changes: Any) -> dict[str, Any]:
    item = {
        **new_item(KEY, "ann@example.com", {"month": "October"}, "usage-1", "usage@example.com", NOW, DUE),
        **changes,
    }
    return {name: value for name, value in item.items() if value is not REMOVED}


def test_a_new_message() -> None:
    assert new_item(KEY, "ann@example.com", {"month": "October"}, "usage-1", "usage@example.com", NOW, DUE) == {
        "user_id": "ann",
        "period": "2026-10",
        "message_id": KEY.message_id,
        "format": 1,
        "status": "PENDING",
        "fence": 0,
        "attempt": 0,
        "email": "ann@example.com",
        "template": "usage-1",
        "sender": "usage@example.com",
        "data": {"month": "October"},
        "unfinished": f"OPEN#{KEY.shard}",
        "due_at": "2026-11-01T07:00:00.000Z",
        "history": {"produce": "2026-11-01T06:00:00.000Z"},
        "expires_at": 1809064800,
        "digest": DIGEST,
    }
    assert new_item(KEY, "ann@example.com", {}, "usage-1", "usage@example.com", NOW, DUE, retention=timedelta(days=60))[
        "expires_at"
    ] == int((NOW + timedelta(days=60)).timestamp())


def test_what_is_made_can_be_read() -> None:
    assert from_item(edited()) == Message(
        KEY, Status.PENDING, 0, 0, "ann@example.com", "usage-1", {"month": "October"},
        sender="usage@example.com",
        due_at=DUE, send_fence=-1, history={"produce": "2026-11-01T06:00:00.000Z"}, unfinished=f"OPEN#{KEY.shard}",
    )  # fmt: skip


@pytest.mark.parametrize("status", Status)
def test_every_status_can_be_read_off_the_wire(status: Status) -> None:
    item = item_in(status, KEY, send_at="2026-11-01T07:00:00.000Z", ticket=2)
    message = from_item(from_wire(to_wire(item)))
    assert (message.status, message.fence, message.attempt, message.ticket) == (status, 3, 2, 2)
    assert message.send_at == DUE
    assert message.lease_expires_at == (None if status in FINAL else datetime(2026, 11, 1, 5, tzinfo=UTC))


def test_the_latest_change_counts() -> None:
    history = {
        "claim": "2026-11-01T07:00:00.000Z",
        "release": "2026-11-01T08:00:00.000Z",
        "produce": "2026-11-01T06:00:00.000Z",
    }
    assert from_item(edited(history=history)).changed_at == datetime(2026, 11, 1, 8, tzinfo=UTC)
    assert from_item(edited(history={})).changed_at is None


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("user_id", REMOVED, "user_id is missing"),
        ("user_id", 7, "user_id is missing"),
        ("period", "October", "period 'October'"),
        ("format", "1", "attribute format should be a whole number, found '1'"),
        ("status", REMOVED, "attribute status should be one of .*PENDING.*, found nothing"),
        ("status", "pending", "found 'pending'"),
        ("status", ["PENDING"], "attribute status"),
        ("fence", REMOVED, "attribute fence should be a whole number, found nothing"),
        ("fence", "3", "found '3'"),
        ("fence", 3.5, "found 3.5"),
        ("fence", True, "found True"),
        ("fence", None, "found None"),
        ("attempt", REMOVED, "attribute attempt"),
        ("email", REMOVED, "attribute email should be a text"),
        ("email", "", "attribute email"),
        ("email", ["a@example.com"], "attribute email"),
        ("template", REMOVED, "attribute template"),
        ("sender", "", "attribute sender should be a text"),
        ("reply_to", "", "attribute reply_to should be a text"),
        ("sender", ["usage@example.com"], "attribute sender"),
        ("data", REMOVED, "attribute data should be a map"),
        ("data", "text", "attribute data"),
        ("data", {"month": 10}, "attribute data"),
        ("history", REMOVED, "attribute history should be a map of texts"),
        ("history", {"claim": 1}, "attribute history"),
        ("history", {"claim": "yesterday"}, "attribute history"),
        ("send_at", "soon", "attribute send_at should be an instant"),
        ("send_at", "2026-11-01T06:00:00", "attribute send_at"),
        ("send_at", 1793512800, "attribute send_at"),
        ("lease_expires_at", "", "attribute lease_expires_at"),
        ("due_at", None, "attribute due_at"),
        ("ticket", "1", "attribute ticket"),
        ("nudges", "1", "attribute nudges"),
        ("owner", 5, "attribute owner"),
        ("send_token", b"token", "attribute send_token"),
        ("send_fence", "1", "attribute send_fence"),
    ],
)
def test_what_is_malformed_is_refused_by_name(name: str, value: Any, says: str) -> None:
    with pytest.raises(InvalidMessageError, match=says):
        from_item(edited(**{name: value}))


def test_an_item_from_before_senders_were_kept_names_none() -> None:
    assert from_item(edited(sender=REMOVED)).sender == ""


@pytest.mark.parametrize("status", [Status.CLAIMED, Status.SENDING])
def test_a_message_that_is_held_has_a_lease(status: Status) -> None:
    """Without one it would be held for ever: the sweeper has nothing to wait for."""
    item = item_in(status, KEY)
    del item["lease_expires_at"]
    with pytest.raises(InvalidMessageError, match="lease_expires_at"):
        from_item(item)


def test_a_long_value_is_cut_in_the_reason() -> None:
    with pytest.raises(InvalidMessageError) as refused:
        from_item(edited(data="x" * 10_000))
    assert len(str(refused.value)) < 200


def test_what_is_adopted_completes_a_message_put_in_by_hand() -> None:
    by_hand = {
        "user_id": "ann",
        "period": "2026-10",
        "status": "PENDING",
        "email": "ann@example.com",
        "data": {"a": "b"},
    }
    adoption = adopted(KEY, "usage-1", "usage@example.com", NOW, DUE)
    assert not set(adoption) & set(by_hand)
    message = from_item({**by_hand, **adoption})
    assert (message.status, message.fence) == (Status.PENDING, 0)
    assert (message.template, message.sender) == ("usage-1", "usage@example.com")
    assert message.history == {"adopt": "2026-11-01T06:00:00.000Z"}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"email": ["ann@example.com"]}, "attribute email should be a text, found list"),
        ({"data": {"name": 5, "of": "Ann"}}, "attribute data should be a map of texts, found dict"),
        ({"data": "Ann"}, "attribute data should be a map of texts, found str"),
    ],
)
def test_what_is_private_is_not_quoted(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidMessageError) as raised:
        from_item(edited(**changes))
    assert str(raised.value) == says
    assert [raised.value.attribute] == list(changes)


def test_every_attribute_is_read() -> None:
    times = {name: f"2026-11-01T0{hour}:00:00.000Z" for hour, name in enumerate(INSTANTS)}
    item = edited(
        status="SENDING", fence=3, attempt=2, ticket=17, nudges=4, owner="a record", send_token="a token", send_fence=5,
        last_write="a write", **times,
    )  # fmt: skip
    assert from_item(item) == Message(
        KEY,
        Status.SENDING,
        fence=3,
        attempt=2,
        email="ann@example.com",
        template="usage-1",
        data={"month": "October"},
        sender="usage@example.com",
        ticket=17,
        nudges=4,
        owner="a record",
        send_token="a token",
        send_fence=5,
        last_write="a write",
        history={"produce": "2026-11-01T06:00:00.000Z"},
        unfinished=f"OPEN#{KEY.shard}",
        send_at=datetime(2026, 11, 1, 0, tzinfo=UTC),
        lease_expires_at=datetime(2026, 11, 1, 1, tzinfo=UTC),
        due_at=datetime(2026, 11, 1, 2, tzinfo=UTC),
        touched_at=datetime(2026, 11, 1, 3, tzinfo=UTC),
    )


INSTANTS = ("send_at", "lease_expires_at", "due_at", "touched_at")
