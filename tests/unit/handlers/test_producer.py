"""producer: rows in, messages out, once."""

from datetime import UTC, datetime
from typing import Any

import pytest

from mail.usage.variables import KIND
from shared.errors import InvalidEventError, InvalidPeriodError
from shared.keys import Key
from shared.producing.query import request_token
from simulation.stack import PERIOD, SENDER, TEMPLATE, usage_row
from tests.unit.handlers.producing import Producing


def test_each_row_becomes_a_message(produce: Producing) -> None:
    assert produce() == {
        "period": PERIOD, "state": "COMPLETED", "produced": 3, "fresh": 3, "rejected": 0, "unsubscribed": 0,
        "differing": 0, "stopped_for": {}, "rejected_rows": "",
    }  # fmt: skip
    assert [item["email"] for item in produce.messages] == [row["email"] for row in produce.rows]
    assert {(item["template"], item["sender"]) for item in produce.messages} == {(TEMPLATE, SENDER)}
    assert {item["status"] for item in produce.messages} == {"PENDING"}
    assert produce.messages[0]["data"]["total_time"] == "20 h 35 min"
    assert [item["due_at"] for item in produce.messages] == sorted(item["due_at"] for item in produce.messages)
    assert produce.record["state"] == "COMPLETED"
    assert produce.telemetry.events == ["produce_completed"]


@pytest.mark.parametrize(
    ("event", "period"),
    [
        ({"period": "2026-02"}, "2026-02"),
        ({"scheduled_time": "2026-11-01T06:00:00Z"}, "2026-10"),
        ({"scheduled_time": "2026-10-31T23:30:00Z"}, "2026-10"),
        ({"scheduled_time": "2026-10-31T22:30:00Z"}, "2026-09"),
        ({"scheduled_time": "2026-12-31T23:30:00Z"}, "2026-12"),
        ({"scheduled_time": "2027-01-01T06:00:00Z"}, "2026-12"),
        ({"period": "2026-02", "scheduled_time": "2026-11-01T06:00:00Z"}, "2026-02"),
    ],
)
def test_the_period_is_the_events(produce: Producing, event: dict[str, Any], period: str) -> None:
    """Not now's: the schedule may be late."""
    produce.world.now = datetime(2027, 3, 1, tzinfo=UTC)
    assert produce(**event)["period"] == period
    assert {item["period"] for item in produce.messages} == {period}


@pytest.mark.parametrize(
    "event",
    [
        {"period": "October"},
        {"period": None},
        {"period": 202610},
        {"scheduled_time": None},
        {"scheduled_time": "2026-11-01"},
        {"scheduled_time": "<aws.scheduler.scheduled-time>"},
        {"scheduled_time": 1793512800},
        {"time": "2026-11-01T06:00:00Z"},
    ],
)
def test_an_event_without_a_period_produces_nothing(produce: Producing, event: dict[str, Any]) -> None:
    produce.world.forget_the_table()
    with pytest.raises(InvalidPeriodError, match="YYYY-MM"):
        produce(**event)
    assert produce.messages == []
    assert produce.world.control_table.items() == []


@pytest.mark.parametrize(
    ("now", "zone_event"),
    [
        (datetime(2026, 10, 10, 8, tzinfo=UTC), {"period": "2026-10"}),
        (datetime(2026, 10, 31, 23, 59, tzinfo=UTC), {"period": "2026-10"}),
        (datetime(2026, 10, 31, 23, 30, tzinfo=UTC), {"scheduled_time": "2026-10-31T23:30:00Z"}),  # in Berlin November
    ],
)
def test_a_month_that_is_not_over_in_utc_is_not_produced(
    produce: Producing, now: datetime, zone_event: dict[str, Any]
) -> None:
    """The query's months are UTC's. Users with usage in the last hours alone would never get their mail."""
    produce.world.now = now
    produce.world.forget_the_table()
    with pytest.raises(InvalidPeriodError, match=r"2026-10 is not over.*ends at 2026-11-01 00:00"):
        produce(**zone_event)
    assert produce.world.control_table.items() == []
    produce.world.now = datetime(2026, 11, 1, tzinfo=UTC)
    assert produce(**zone_event)["produced"] == 3


@pytest.mark.parametrize(
    ("event", "says"),
    [
        ({"accept": "fewer", "attempt": 1}, "list of words"),
        ({"accept": [5], "attempt": 1}, "list of words"),
        ({"again": "false", "attempt": 1}, "true or false"),
        ({"again": True}, 'need "attempt"'),
        ({"accept": ["fewer"]}, 'need "attempt"'),
        ({"attempt": "1"}, 'need "attempt"'),
        ({"accept": ["fewer"], "again": True, "attempt": 1}, "once it is known"),
        ({"result": 7, "by": "ann"}, "id of one of Athena's queries"),
        ({"result": "query 1; SELECT", "by": "ann"}, "id of one of Athena's queries"),
        ({"result": "q" * 129, "by": "ann"}, "id of one of Athena's queries"),
        ({"result": "query-1"}, 'needs "by"'),
        ({"result": "query-1", "by": "ann", "attempt": 1}, 'or "again"'),
        ({"result": "query-1", "by": "ann", "attempt": 1, "accept": ["fewer"]}, 'or "again"'),
        ({"result": "", "by": "ann"}, "empty"),
    ],
)
def test_a_decision_that_is_none_does_nothing(produce: Producing, event: dict[str, Any], says: str) -> None:
    produce()
    before = produce.record
    with pytest.raises(InvalidEventError, match=says):
        produce(period=PERIOD, **event)
    assert produce.record == before


def test_a_completed_period_is_closed(produce: Producing) -> None:
    produce()
    produce.rows.append(usage_row(99))
    report = produce()
    assert (report["state"], report["produced"], report["fresh"]) == ("COMPLETED", 3, 0)
    assert len(produce.messages) == 3
    assert produce.telemetry.events == ["produce_completed", "produce_closed"]


def test_again_asks_anew_and_neither_repeats_nor_changes_a_message(produce: Producing) -> None:
    """I5. The report counts those that would say something else now."""
    produce()
    before = produce.messages
    produce.rows[0]["total_minutes"] = "60"
    produce.rows[1]["email"] = "moved@example.com"
    produce.rows.append(usage_row(99))
    report = produce.again(again=True)
    assert (report["produced"], report["fresh"], report["differing"]) == (4, 1, 2)
    assert produce.messages[:3] == before
    assert len(produce.messages) == 4
    sql = KIND.files.read(KIND.files.query)
    assert list(produce.athena.results) == [request_token(PERIOD, sql, 1), request_token(PERIOD, sql, 2)]
    assert produce.again(again=True)["differing"] == 2


def test_a_schedule_that_is_delivered_twice_asks_once(produce: Producing) -> None:
    """Under the same token Athena answers with the query that it runs already."""
    event: dict[str, Any] = {"scheduled_time": "2026-11-01T06:00:00Z"}
    page, produced = produce.athena.page, []

    def meanwhile(*arguments: Any) -> Any:
        produce.athena.page = page
        produced.append(produce(**event)["produced"])
        return page(*arguments)

    produce.athena.page = meanwhile
    assert produce(**event)["state"] == "TAKEN_OVER", "an error would bring it back, to take over in its turn"
    assert produced == [3]
    assert produce.telemetry.events == ["produce_completed", "produce_taken_over"]
    assert list(produce.athena.results) == [request_token(PERIOD, KIND.files.read(KIND.files.query), 1)]
    assert len(produce.messages) == 3


def test_a_user_who_has_a_message_keeps_it(produce: Producing) -> None:
    first = {**Key("user-00001", PERIOD)._asdict(), "status": "SENT", "email": "old@example.com", "data": {}}
    produce.world.outbox_table.put(first)
    report = produce()
    assert (report["fresh"], report["differing"]) == (2, 1)
    assert produce.world.outbox_table.get(Key("user-00001", PERIOD)._asdict()) == first
