"""What this release writes, held against written.json: what is in flight must be readable by the release before and the next.

Red after a change of yours? CONTRIBUTING.md, "Change what a message or a claim holds", has what to do. Entries of written.json
are never changed: messages like them lie in tables.
"""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from shared.errors import NewerFormatError
from shared.keys import Key
from shared.outbox import formats
from shared.outbox import outbox as outbox_module
from shared.outbox.message import from_item
from shared.outbox.new_message import adopted, new_item
from shared.outbox.outbox import Outbox
from shared.outbox.states import FINAL, TOLD, Status
from shared.outbox.writes import OF_THE_UNFINISHED, OF_THE_UNTOLD, Known
from shared.sending.order import Claim, SendOrder
from shared.store import Item
from simulation.fakes.table import FakeTable
from simulation.fakes.wire import Wire

NOW, KEY = datetime(2026, 11, 1, 6, tzinfo=UTC), Key("ann", "2026-10")
SLOT, LEASE = datetime(2026, 11, 1, 7, tzinfo=UTC), timedelta(minutes=15)
KEPT = timedelta(days=430)
"""Whatever the default is."""
SENDER, REPLY_TO, TEMPLATE = "Usage <usage@example.com>", "help@example.com", "usage-1"
TOKEN, MAIL = "0" * 32, "ses-1"
ENTRIES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("written.json").read_text())
"""What releases have written, one after the other: the first before formats were kept, the last is this one."""
STEPS: dict[str, list[Any]] = {
    "PENDING, produced": [],
    "PENDING, postponed": [lambda outbox: outbox.postpone(KEY, 0, SLOT)],
    "PENDING, nudged": [lambda outbox: outbox.nudge(outbox.get(KEY), 1, SLOT)],
    "CLAIMED": [lambda outbox: outbox.claim(KEY, "a record", "an execution", SLOT, 17, LEASE)],
    "PENDING, released": ["CLAIMED", lambda outbox: outbox.release(KEY, Known(fence=1), "paused")],
    "SENDING": ["CLAIMED", lambda outbox: outbox.begin_send(KEY, 1, TOKEN, LEASE)],
    "UNCERTAIN": ["SENDING", lambda outbox: outbox.mark_uncertain(KEY, TOKEN, "no answer")],
    "FAILED": ["SENDING", lambda outbox: outbox.fail(KEY, Known(token=TOKEN), "no mailbox")],
    "CANCELLED": ["FAILED", lambda outbox: outbox.cancel(KEY, 1, "ann", "too late")],
    "SENT": ["SENDING", lambda outbox: outbox.mark_sent(KEY, TOKEN, MAIL)],
    "DELIVERED": ["SENT", lambda outbox: outbox.mark_delivered(KEY, MAIL)],
}
"""How a message comes there: after another of these, if that is named, by that write."""


@patch.object(outbox_module, "_new_id", lambda: "a write")
def written(name: str) -> Item:
    table = FakeTable("outbox", ("user_id", "period"), lambda: NOW, Wire())
    outbox = Outbox(table, lambda: NOW)
    outbox.produce(
        [new_item(KEY, "ann@example.com", {"month": "October"}, TEMPLATE, SENDER, NOW, SLOT, REPLY_TO, KEPT)]
    )
    _carry_out(STEPS[name], outbox)
    (item,) = table.items()
    return item


def _carry_out(steps: list[Any], outbox: Outbox) -> None:
    for step in steps:
        if isinstance(step, str):
            _carry_out(STEPS[step], outbox)
        else:
            step(outbox)


def as_written_now() -> dict[str, Any]:
    order = SendOrder.of([from_item(written("CLAIMED"))])
    return {
        "format": formats.WRITTEN,
        "messages": {name: written(name) for name in STEPS},
        "adopted": adopted(KEY, TEMPLATE, SENDER, NOW, SLOT, REPLY_TO, KEPT),
        "order": order.to_json(),
    }


def test_this_release_writes_what_the_last_entry_has() -> None:
    assert as_written_now() == ENTRIES[-1]


def test_every_status_is_among_them() -> None:
    assert {item["status"] for item in ENTRIES[-1]["messages"].values()} >= {
        *set(Status) - {Status.SUPPRESSED, Status.BOUNCED, Status.COMPLAINED}  # as DELIVERED, by another name
    }


@pytest.mark.parametrize("entry", ENTRIES)
def test_what_any_release_has_written_is_read(entry: dict[str, Any]) -> None:
    for item in entry["messages"].values():
        message = from_item(item)
        says = ("", {}) if "digest" in item and item["status"] in TOLD else ("ann@example.com", {"month": "October"})
        assert (message.key, message.email, message.data) == (KEY, *says)
        frm = ("", "") if "sender" not in item and item["status"] in TOLD else (SENDER, REPLY_TO)
        assert (message.template, message.sender, message.reply_to) == (TEMPLATE, *frm)
        assert message.status == item["status"]
    assert SendOrder.from_json(entry["order"]) == SendOrder(SLOT, (Claim(KEY, 1, 17),))


@pytest.mark.parametrize(("before", "after"), list(pairwise(ENTRIES)))
def test_within_a_format_releases_only_add(before: dict[str, Any], after: dict[str, Any]) -> None:
    """A release that knows no more of it still reads it. Anything else is another format."""
    assert after["format"] >= before["format"]
    if after["format"] == before["format"]:
        for name, item in before["messages"].items():
            assert _needed(item).items() <= after["messages"][name].items()
        assert before["order"]["send_at"] == after["order"]["send_at"]
        assert before["adopted"].items() <= after["adopted"].items()
        for claim, later in zip(before["order"]["claims"], after["order"]["claims"], strict=True):
            assert claim.items() <= later.items()


def _needed(item: Item) -> Item:
    """Of a message that is asked for, no release needs the record that it was claimed by, of one that SES has taken, not the
    slot, and of one whose story is over, not what it said.
    """
    gone = {*(("owner",) if item["status"] not in ("PENDING", "CLAIMED") else ())}
    gone |= {*(OF_THE_UNFINISHED if item["status"] in FINAL else ())}
    gone |= {*((*OF_THE_UNTOLD, "email") if item["status"] in TOLD else ())}
    return {name: value for name, value in item.items() if name not in gone}


def test_what_is_written_can_be_read() -> None:
    assert formats.FIRST <= formats.WRITTEN <= formats.KNOWN
    assert ENTRIES[-1]["format"] == formats.WRITTEN


def test_the_first_entry_is_from_before_formats_were_kept() -> None:
    first = ENTRIES[0]
    made = [*first["messages"].values(), first["adopted"], *first["order"]["claims"]]
    assert not any(formats.FORMAT in one for one in made)
    assert first["format"] == formats.FIRST


def test_of_a_message_of_a_later_release_nothing_else_is_read() -> None:
    with pytest.raises(NewerFormatError) as raised:
        from_item({**KEY._asdict(), "format": formats.KNOWN + 1})
    assert raised.value.version == formats.KNOWN + 1
