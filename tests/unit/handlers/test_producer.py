"""producer: rows in, messages out, once."""

from typing import Any

import pytest

from handlers import producer
from shared.athena import request_token
from shared.errors import InvalidPeriodError, PermanentError, RenderError, RunTakenOverError, UsageQueryError
from shared.fakes.producing import FakeAthena, FakeRejects
from shared.keys import Key
from shared.periods import Period
from shared.runs import Runs
from tests.simulation.world import PERIOD, TEMPLATE, World, usage_row


class Producing:
    """A world's producer whose Athena, rejects and event the test chooses."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.athena: Any = FakeAthena(world.rows, world.wire)
        self.rejects: Any = FakeRejects(world.wire)
        self.runs = Runs(world.control_table, world.clock)

    def __call__(self, event: Any = None, template: str = TEMPLATE) -> dict[str, Any]:
        telemetry: Any = self.world.telemetry
        deps = producer.Deps(
            outbox=self.world.outbox(), runs=self.runs, campaign=self.world.campaign(),
            templates=self.world._templates(), athena=self.athena, rejects=self.rejects, telemetry=telemetry,
            clock=self.world.clock, template=template, time_zone="Europe/Berlin", preferences_url="",
        )  # fmt: skip
        return producer.handle({"period": PERIOD} if event is None else event, deps, "request-1")


@pytest.fixture
def produce() -> Producing:
    return Producing(World(3))


def state(produce: Producing) -> Any:
    run = produce.runs.get(Period.parse(PERIOD))
    return run["state"] if run else None


def test_each_row_becomes_a_message(produce: Producing) -> None:
    assert produce() == {"period": PERIOD, "produced": 3, "fresh": 3, "rejected": 0, "rejected_rows": ""}
    items = produce.world.outbox_table.items()
    assert [item["email"] for item in items] == [row["email"] for row in produce.world.rows]
    assert {item["template"] for item in items} == {TEMPLATE}
    assert {item["status"] for item in items} == {"PENDING"}
    assert items[0]["data"]["total_time"] == "20 h 35 min"
    assert [item["due_at"] for item in items] == sorted(item["due_at"] for item in items)
    assert state(produce) == "COMPLETED"


@pytest.mark.parametrize(
    ("event", "period"),
    [
        ({"period": "2026-02"}, "2026-02"),
        ({"scheduled_time": "2026-11-01T06:00:00Z"}, "2026-10"),
        ({"scheduled_time": "2026-10-31T23:30:00Z"}, "2026-10"),
        ({"period": "2026-02", "scheduled_time": "2026-11-01T06:00:00Z"}, "2026-02"),
    ],
)
def test_the_period_is_the_events(produce: Producing, event: dict[str, str], period: str) -> None:
    """Not now's: the schedule may be late."""
    assert produce(event)["period"] == period
    assert {item["period"] for item in produce.world.outbox_table.items()} == {period}


@pytest.mark.parametrize(
    "event",
    [
        {},
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
    with pytest.raises(InvalidPeriodError, match="YYYY-MM"):
        produce(event)
    assert produce.world.outbox_table.items() == []
    assert produce.world.control_table.items() == []


def test_a_completed_period_is_closed(produce: Producing) -> None:
    produce()
    produce.world.rows.append(usage_row(99))
    assert produce() == {"period": PERIOD, "produced": 3, "fresh": 0, "rejected": 0}
    assert len(produce.world.outbox_table.items()) == 3


def test_a_run_that_died_is_taken_over_and_asks_the_same_question(produce: Producing) -> None:
    """Under the same token Athena answers with the query that it ran already."""
    tokens = []
    rows = produce.athena.rows

    def dying(sql: str, parameters: Any, token: str) -> Any:
        tokens.append(token)
        yield next(rows(sql, parameters, token))
        if len(tokens) == 1:
            raise ConnectionError("the first invocation dies")
        yield from list(rows(sql, parameters, token))[1:]

    produce.athena.rows = dying
    with pytest.raises(ConnectionError):
        produce()
    assert state(produce) == "RUNNING"
    assert produce()["produced"] == 3
    assert tokens[0] == tokens[1] == request_token(PERIOD, producer.QUERY.read_text(), 1)
    assert 32 <= len(tokens[0]) <= 128


def test_a_query_that_failed_is_asked_anew(produce: Producing) -> None:
    """Under the old token Athena would give the old failure for ever."""
    tokens = []
    rows = produce.athena.rows

    def failing(sql: str, parameters: Any, token: str) -> Any:
        tokens.append(token)
        if len(tokens) == 1:
            raise UsageQueryError("Query exhausted resources at this scale factor")
        yield from rows(sql, parameters, token)

    produce.athena.rows = failing
    with pytest.raises(UsageQueryError):
        produce()
    assert produce()["produced"] == 3
    assert tokens[0] != tokens[1]


def test_whoever_was_taken_over_stops(produce: Producing) -> None:
    rows = produce.athena.rows

    def overtaken(*arguments: Any) -> Any:
        produce.runs.begin(Period.parse(PERIOD), "another")
        yield from rows(*arguments)

    produce.athena.rows = overtaken
    with pytest.raises(RunTakenOverError):
        produce()
    assert state(produce) == "RUNNING"


def test_who_has_her_message_keeps_it(produce: Producing) -> None:
    """I5: another address and other minutes, the second time, change nothing."""
    first = {**Key("user-00001", PERIOD)._asdict(), "status": "SENT", "email": "old@example.com"}
    produce.world.outbox_table.put(first)
    assert produce()["fresh"] == 2
    assert produce.world.outbox_table.get(Key("user-00001", PERIOD)._asdict()) == first


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"email": None}, "email is missing"),
        ({"email": "nobody"}, "email is malformed"),
        ({"user_id": None}, "user_id is missing"),
        ({"user_id": "x" * 200}, "200 bytes"),
        ({"user_id": "a\nb"}, "printed"),
        ({"total_minutes": None}, "total_minutes"),
        ({"total_minutes": "many"}, "total_minutes is 'many', not a number"),
        ({"total_minutes": "NaN"}, "not a number"),
        ({"device_count": "two"}, "device_count"),
        ({"busiest_day": "someday"}, "busiest_day"),
    ],
)
def test_a_row_that_cannot_become_a_message_is_listed_and_holds_nobody_up(
    produce: Producing, changes: dict[str, str | None], reason: str
) -> None:
    produce.world.rows[1] = {**produce.world.rows[1], **changes}
    report = produce()
    assert (report["produced"], report["fresh"], report["rejected"]) == (2, 2, 1)
    (rejected,) = produce.rejects.stored[PERIOD]
    assert (rejected.row, rejected.user_id) == (2, produce.world.rows[1]["user_id"])
    assert reason in rejected.reason
    assert report["rejected_rows"] == f"s3://rejects/{PERIOD}"
    assert state(produce) == "COMPLETED"


@pytest.mark.parametrize("column", ["user_id", "email"])
def test_a_query_without_a_column_fails_by_its_name_and_leaves_the_period_open(produce: Producing, column: str) -> None:
    """Somebody edited the SQL: she mends it and starts the period again."""
    for row in produce.world.rows:
        del row[column]
    with pytest.raises(PermanentError, match=column):
        produce()
    assert state(produce) == "RUNNING"


def test_no_rows(produce: Producing) -> None:
    produce.world.rows.clear()
    assert produce()["produced"] == 0
    assert state(produce) == "COMPLETED"


def test_more_rows_than_a_batch(produce: Producing) -> None:
    produce.world.rows[:] = [usage_row(number) for number in range(2 * producer.BATCH_ROWS + 1)]
    assert produce()["fresh"] == 2 * producer.BATCH_ROWS + 1


def test_a_template_that_ses_does_not_have_stops_it_before_the_first_message(produce: Producing) -> None:
    with pytest.raises(RenderError, match="no-such-template"):
        produce(template="no-such-template")
    assert produce.world.outbox_table.items() == []
    assert state(produce) == "RUNNING"
    assert produce()["produced"] == 3
