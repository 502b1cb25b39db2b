"""A typical message stays within 1,024 bytes at every step: above them each of its writes costs two units
(source: DynamoDB developer guide, write capacity units).
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from mail.usage.variables import KIND
from ops.bill.units import ITEM_BYTES
from shared.keys import Key, execution_name
from shared.outbox.outbox import Outbox
from shared.periods import Period
from shared.producing.composer import Composer, Draft
from shared.store import Item
from simulation.fakes.table import FakeTable
from simulation.fakes.wire import Wire
from simulation.item_size import size_of
from simulation.stack import PERIOD, usage_row

NOW = datetime(2026, 11, 1, 6, 0, 0, 123_000, tzinfo=UTC)
KEY = Key("user-0123456789", PERIOD)
TEMPLATE = KIND.files.template("onlyonce-prod", "none")
EMAIL, SENDER = "given.surname.x1@example.com", "Usage at Example <usage@m.example.com>"
REPLY_TO = "help-desk@example.com"
RECORD, TOKEN, MAIL = "1" * 26, "0" * 32, "0100019a2b3c4d5e-01234567-89ab-cdef-0123-456789abcdef-000000"
"""As long as AWS's own: a stream record's sequence number and, with 60 characters, SES's MessageId."""
EXECUTION = execution_name([(KEY, 1)] * 63)
AT_MOST = 1024
LONG = (
    "a" * 64 + "@mail.department.example-university.edu",
    "Usage at Example, Incorporated <usage@mail.your-domain.example>",
)
"""An address with the longest local part that there is, and a sender with a long name."""
KEPT_AT_MOST = 560

STEPS: tuple[Callable[[Outbox], object], ...] = (
    lambda outbox: outbox.claim(KEY, RECORD, EXECUTION, NOW, 1_234_567, timedelta(minutes=15)),
    lambda outbox: outbox.reschedule(KEY, 1, NOW, 1_234_599, timedelta(minutes=15)),
    lambda outbox: outbox.begin_send(KEY, 1, TOKEN, timedelta(seconds=120)),
    lambda outbox: outbox.mark_sent(KEY, TOKEN, MAIL),
    lambda outbox: outbox.mark_delivered(KEY, MAIL),
)


def produced(email: str = EMAIL, sender: str = SENDER) -> Item:
    row = {**usage_row(1), "user_id": KEY.user_id, "email": email}
    composer = Composer(KIND, TEMPLATE, sender, lambda: NOW, REPLY_TO)
    draft = composer.draft(row, Period.parse(PERIOD))
    assert isinstance(draft, Draft)
    return composer.message(draft, NOW)


def sizes_of(made: Item) -> dict[str, int]:
    table = FakeTable("outbox", ("user_id", "period"), lambda: NOW, Wire())
    outbox = Outbox(table, lambda: NOW)
    outbox.produce([made])
    sizes = {"produced": size_of(table.items()[0])}
    for step in STEPS:
        step(outbox)
        (item,) = table.items()
        sizes[item["status"]] = size_of(item)
    assert list(sizes) == ["produced", "CLAIMED", "SENDING", "SENT", "DELIVERED"]
    return sizes


def test_a_typical_message_never_costs_two_units_a_write() -> None:
    assert (len(EMAIL), len(SENDER), len(REPLY_TO), len(MAIL)) == (28, 38, 21, 60)
    sizes = sizes_of(produced())
    assert max(sizes.values()) <= AT_MOST, sizes
    assert sizes["DELIVERED"] == ITEM_BYTES


def test_nor_does_one_to_a_long_address_from_a_long_sender() -> None:
    assert [len(one) for one in LONG] == [103, 63]
    sizes = sizes_of(produced(*LONG))
    assert max(sizes.values()) <= AT_MOST, sizes


def test_what_is_kept_does_not_grow_with_what_was_said() -> None:
    made = produced(*LONG)
    made["data"] |= {"url": f"https://{'u' * 92}"}
    sizes = sizes_of(made)
    assert sizes["DELIVERED"] == ITEM_BYTES <= KEPT_AT_MOST


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({}, 0),
        ({"name": "Zoë"}, 8),
        ({"n": 0, "m": 12345, "o": 1000}, 3 + 1 + 4 + 2),
        ({"map": {}}, 6),
        ({"map": {"a": "b", "c": ""}}, 3 + 3 + 3 + 2),
    ],
)
def test_the_measure(item: Item, expected: int) -> None:
    assert size_of(item) == expected
