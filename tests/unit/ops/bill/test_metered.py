"""The bill of what was metered."""

from dataclasses import fields

import pytest

from ops.bill import prices
from ops.bill.bill import Bill
from ops.bill.entries import INVOKED, LOGGED, MAILS, MOVED, READ, TIME, WRITTEN, Entry
from ops.bill.metered import Metered, bill_of, of_a_million
from ops.bill.prices import GB, MILLION

ALL = Metered(
    calls={"dynamodb.UpdateItem": 7},
    written={"outbox": 2 * MILLION, "outbox/unfinished": MILLION},
    read={"outbox": MILLION},
    executions=MILLION,
    transitions=2 * MILLION,
    invocations={"claim": MILLION, "send": MILLION},
    billed={"claim": 1.0, "send": 99_999.0},
    logged={"/aws/lambda/send": GB, "/aws/lambda/claim": GB},
    metrics=10,
    sqs_requests=MILLION,
    events=MILLION,
    scheduled=MILLION,
    s3_writes=1000,
    s3_reads=1000,
    scanned_bytes=1024 * GB,
    asked=1100,
    accepted=1000,
    stored_bytes=3 * GB,
    backed_up_bytes=GB,
)
DOLLARS = {
    MAILS: 0.10,
    WRITTEN: 3 * 0.625,
    READ: 0.125,
    "DynamoDB: items kept, and their backup": 2 * 0.45,
    "DynamoDB: items kept": 2 * 2 * 0.25,
    INVOKED: 2 * 0.20,
    TIME: 100_000 * 0.0000133334,
    MOVED: 50,
    "SQS: requests": 0.40,
    "EventBridge: events of one's own": 1.00,
    "EventBridge: schedules": 1.00,
    "S3: writes": 0.005,
    "S3: reads": 0.0004,
    "Athena: read by queries": 5.00,
    LOGGED: 2 * 0.50,
    "CloudWatch: logs kept": 2 * 3 * 0.03,
    "CloudWatch: metrics": 10 * 0.30,
}


def by_name(bill: Bill) -> dict[str, Entry]:
    return {one.name: one for one in bill.entries}


def test_each_item_costs_what_was_counted_at_its_price() -> None:
    bill = bill_of(ALL, months_kept=2)
    assert {name: one.dollars for name, one in by_name(bill).items()} == pytest.approx(DOLLARS)
    assert all(one.measured for one in bill.entries)
    assert bill.total == pytest.approx(sum(DOLLARS.values()))


def test_nothing_that_was_counted_is_left_out() -> None:
    """Each figure alone is an item, or is the same money by another name."""
    free = {"calls", "executions", "asked"}
    for field in fields(Metered):
        alone = Metered(**{field.name: getattr(ALL, field.name)})
        assert (bill_of(alone).total == 0) == (field.name in free), field.name


def test_a_plan_of_ses_has_its_own_price() -> None:
    assert by_name(bill_of(ALL, plan="PRO"))[MAILS].dollars == pytest.approx(0.22)


def test_a_million_costs_as_many_times_more_without_ses_and_what_stands() -> None:
    bill = of_a_million(bill_of(ALL, months_kept=2), mails=1000)
    items = by_name(bill)
    assert items.keys() == DOLLARS.keys() - {MAILS, "CloudWatch: metrics"}
    assert items[WRITTEN].quantity == 3 * MILLION * 1000
    assert bill.total == pytest.approx(1000 * sum(DOLLARS[name] for name in items))


def test_what_did_not_happen_is_no_item() -> None:
    bill = bill_of(Metered(written={"outbox": 1}))
    assert [one.name for one in bill.entries if one.quantity] == [WRITTEN]
    assert bill.total == pytest.approx(prices.WRITE_UNIT.of(1))
