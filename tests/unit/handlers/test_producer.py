"""producer: rows in, messages out, once, and nothing before the whole month was looked at."""

import gc
import json
import tracemalloc
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from handlers import producer
from shared.athena import ResultPage, request_token
from shared.errors import (
    AthenaUnavailableError,
    FunctionStartError,
    InvalidPeriodError,
    RunTakenOverError,
    UsageQueryError,
)
from shared.fakes.producing import FakeAthena, FakeFunctions, FakeRejects, FakeSenders
from shared.fakes.telemetry import FakeTelemetry
from shared.keys import Key
from shared.periods import Period
from shared.reading import MARGIN_MS
from shared.runs import LEASE, Runs
from shared.sweeping import STRANDED_AFTER
from shared.times import from_text
from shared.usage import MINUTES_AT_MOST
from tests.simulation.world import PERIOD, TEMPLATE, World, usage_row

OCTOBER = Period.parse(PERIOD)
ENOUGH_MS = 900_000


class Producing:
    """A world's producer, whose query, account and event the test chooses."""

    def __init__(self, users: int = 3) -> None:
        self.world = World(users)
        self.rejects = FakeRejects(self.world.wire)
        self.senders = FakeSenders(self.world.wire)
        self.functions: Any = FakeFunctions(self.world.wire)
        self.runs = self.world.runs()
        self.preferences_url = ""

    def __call__(
        self, template: str = TEMPLATE, remaining_ms: Callable[[], int] = lambda: ENOUGH_MS, **event: Any
    ) -> dict[str, Any]:
        deps = self.world.producer_deps(
            self.rejects, self.senders, self.functions, template=template, preferences_url=self.preferences_url
        )
        return producer.handle(event or {"period": PERIOD}, deps, "request-1", remaining_ms)

    @property
    def athena(self) -> Any:
        return self.world.athena

    @property
    def telemetry(self) -> FakeTelemetry:
        return self.world.telemetry

    def again(self, **more: Any) -> dict[str, Any]:
        return self(period=PERIOD, **more)

    @property
    def rows(self) -> list[dict[str, str | None]]:
        return self.world.rows

    @property
    def messages(self) -> list[dict[str, Any]]:
        return self.world.messages()

    @property
    def record(self) -> dict[str, Any]:
        item = self.runs.get(OCTOBER)
        assert item is not None
        return item

    @property
    def rejected(self) -> list[Any]:
        return [row for first in sorted(self.rejects.stored) for row in self.rejects.stored[first]]


@pytest.fixture
def produce() -> Producing:
    return Producing()


@pytest.fixture
def many() -> Producing:
    """Enough users for one bad row to be no reason to stop; five pages."""
    made = Producing(40)
    made.athena.page_rows = 10
    return made


def test_each_row_becomes_a_message(produce: Producing) -> None:
    assert produce() == {
        "period": PERIOD, "state": "COMPLETED", "produced": 3, "fresh": 3, "rejected": 0, "differing": 0,
        "stopped_for": {}, "rejected_rows": "",
    }  # fmt: skip
    assert [item["email"] for item in produce.messages] == [row["email"] for row in produce.rows]
    assert {item["template"] for item in produce.messages} == {TEMPLATE}
    assert {item["status"] for item in produce.messages} == {"PENDING"}
    assert produce.messages[0]["data"]["total_time"] == "20 h 35 min"
    assert [item["due_at"] for item in produce.messages] == sorted(item["due_at"] for item in produce.messages)
    assert produce.record["state"] == "COMPLETED"
    assert produce.telemetry.events == ["produce_completed"]


# --- which month -----------------------------------------------------------------------------------------------------
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
    with pytest.raises(InvalidPeriodError, match="YYYY-MM"):
        produce(**event)
    assert produce.messages == []
    assert produce.world.control_table.items() == []


def test_a_completed_period_is_closed(produce: Producing) -> None:
    produce()
    produce.rows.append(usage_row(99))
    report = produce()
    assert (report["state"], report["produced"], report["fresh"]) == ("COMPLETED", 3, 0)
    assert len(produce.messages) == 3
    assert produce.telemetry.events == ["produce_completed", "produce_closed"]


def test_again_asks_anew_doubles_nothing_and_changes_no_message(produce: Producing) -> None:
    """I5. How many would say something else now is told."""
    produce()
    before = produce.messages
    produce.rows[0]["total_minutes"] = "60"
    produce.rows[1]["email"] = "moved@example.com"
    produce.rows.append(usage_row(99))
    report = produce.again(again=True)
    assert (report["produced"], report["fresh"], report["differing"]) == (4, 1, 2)
    assert produce.messages[:3] == before
    assert len(produce.messages) == 4
    sql = producer.QUERY.read_text()
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
    with pytest.raises(RunTakenOverError):
        produce(**event)
    assert produced == [3]
    assert list(produce.athena.results) == [request_token(PERIOD, producer.QUERY.read_text(), 1)]
    assert len(produce.messages) == 3


def test_who_has_her_message_keeps_it(produce: Producing) -> None:
    first = {**Key("user-00001", PERIOD)._asdict(), "status": "SENT", "email": "old@example.com"}
    produce.world.outbox_table.put(first)
    report = produce()
    assert (report["fresh"], report["differing"]) == (2, 1)
    assert produce.world.outbox_table.get(Key("user-00001", PERIOD)._asdict()) == first


# --- nothing is written before the whole month was looked at ---------------------------------------------------------
def last_month(producing: Producing, rows: int) -> None:
    run = producing.runs.begin(OCTOBER.previous, "september")
    producing.runs.complete(run, {"checks": {"rows": rows}})


def _rejected(producing: Producing) -> None:
    for row in producing.rows[:3]:
        row["email"] = "nobody"


def _fewer(producing: Producing) -> None:
    last_month(producing, 81)


def _more(producing: Producing) -> None:
    last_month(producing, 26)


def _twice(producing: Producing) -> None:
    producing.rows.insert(9, {**usage_row(8), "total_minutes": "1"})  # on the other side of a page boundary


def _unordered(producing: Producing) -> None:
    producing.rows.reverse()


def _template(producing: Producing) -> None:
    template = producing.world.ses_client.templates
    template[TEMPLATE] = (*template[TEMPLATE][:2], "{{html.first_name}}")


def _unrendered(producing: Producing) -> None:
    producing.senders.unrendered = "SES can't render usage-1"


def _sandbox(producing: Producing) -> None:
    producing.senders.found = {"sandbox": "the account is in the sandbox"}


def _sender(producing: Producing) -> None:
    producing.senders.found = {"sender": "the sender is not verified"}


RAILS = [
    ("rejected", _rejected), ("fewer", _fewer), ("more", _more), ("twice", _twice), ("template", _template),
    ("template", _unrendered), ("sandbox", _sandbox), ("sender", _sender),
]  # fmt: skip


@pytest.mark.parametrize(("word", "prepare"), RAILS)
def test_what_is_wrong_stops_it_before_the_first_message(
    many: Producing, word: str, prepare: Callable[[Producing], None]
) -> None:
    prepare(many)
    report = many()
    assert report["state"] == many.record["state"] == "STOPPED"
    assert list(report["stopped_for"]) == list(many.record["stopped_for"]) == [word]
    assert report["stopped_for"][word]
    assert many.messages == []
    assert many.telemetry.events[-1] == "produce_stopped"
    assert many()["state"] == "STOPPED", "started again it stays stopped"
    assert many.again(accept=["another"])["stopped_for"].keys() == {word}
    assert many.messages == []
    report = many.again(accept=[word])
    assert (report["state"], report["stopped_for"]) == ("COMPLETED", {})
    assert len(many.messages) == report["produced"] == 40 - report["rejected"]
    assert len(many.athena.results) == 1


@pytest.mark.parametrize("rows", [80, 27])
def test_a_change_by_half_is_none_to_ask_about(many: Producing, rows: int) -> None:
    last_month(many, rows)
    assert many()["state"] == "COMPLETED"


def test_every_finding_must_be_accepted(many: Producing) -> None:
    _sandbox(many)
    _fewer(many)
    assert set(many()["stopped_for"]) == {"sandbox", "fewer"}
    assert set(many.again(accept=["fewer"])["stopped_for"]) == {"sandbox"}
    assert many.messages == []
    assert many.again(accept=["fewer", "sandbox"])["produced"] == 40


def test_a_stopped_run_tells_where_its_rejected_rows_are(produce: Producing) -> None:
    produce.rows[0]["email"] = None
    first, second = produce(), produce()
    assert first["rejected"] == second["rejected"] == 1
    assert second["rejected_rows"] == f"s3://rejects/{PERIOD}/1/"


def test_again_reopens_a_stopped_run_with_another_question(many: Producing) -> None:
    _unordered(many)
    many()
    many.rows.sort(key=lambda row: str(row["user_id"]))
    assert many.again(again=True)["produced"] == 40
    assert len(many.athena.results) == 2


def test_a_template_that_ses_does_not_have_stops_it(produce: Producing) -> None:
    assert "no-such-template" in produce(template="no-such-template")["stopped_for"]["template"]
    assert produce.messages == []


def test_the_mail_is_tried_also_by_who_takes_over_behind_the_last_good_row(many: Producing) -> None:
    """She has only rejected rows left to look at, and yet the mail must be known to render."""
    many.rows[39]["email"] = None
    _unrendered(many)
    assert many(remaining_ms=pages_left(4))["state"] == "RUNNING"
    assert many()["stopped_for"].keys() == {"template"}


def test_the_first_of_two_rows_of_a_user_counts(many: Producing) -> None:
    many.rows[9] = {**usage_row(8), "email": "other@example.com"}
    many.rows[11] = {**usage_row(10), "email": None}
    report = many.again(accept=["twice"])
    assert (report["produced"], report["rejected"]) == (38, 0)
    assert many.rejected == []
    assert [item["user_id"] for item in many.messages].count("user-00008") == 1
    assert "other@example.com" not in {item["email"] for item in many.messages}


def test_the_very_same_row_twice_is_no_reason_to_stop(many: Producing) -> None:
    many.rows.insert(9, usage_row(8))
    many.rows.insert(3, usage_row(2))
    report = many()
    assert (report["state"], report["produced"], report["fresh"], len(many.messages)) == ("COMPLETED", 40, 40, 40)


@pytest.mark.parametrize("accept", [(), ("unordered",)])
def test_rows_out_of_order_are_never_accepted(many: Producing, accept: tuple[str, ...]) -> None:
    """A user who comes twice far apart would be counted twice, and the month's accounts would never be right."""
    many.rows[5] = {**usage_row(2), "email": "other@example.com"}
    many()
    report = many.again(accept=accept)
    assert (report["state"], list(report["stopped_for"]), many.messages) == ("STOPPED", ["unordered"], [])
    many.rows.sort(key=lambda row: str(row["user_id"]))
    report = many.again(again=True, accept=["twice"])
    assert (report["produced"], len(many.messages)) == (39, 39)
    assert many.again(again=True, accept=["twice"])["differing"] == 0


@pytest.mark.parametrize("users", [0, 1, 2, 999, 1000, 1001, 1998, 1999, 2000])
def test_a_result_of_any_size(users: int) -> None:
    """The first page of 1,000 has a header, so 999 rows fill it, and 1,999 fill two."""
    produce = Producing(users)
    report = produce()
    assert (report["state"], report["produced"], report["fresh"]) == ("COMPLETED", users, users)
    assert [item["user_id"] for item in produce.messages] == [row["user_id"] for row in produce.rows]


def test_a_result_whose_last_page_is_empty(produce: Producing) -> None:
    """Athena may give a token although nothing follows."""
    page = produce.athena.page

    def full(query_id: str, token: str) -> ResultPage:
        found = page(query_id, "" if token == "end" else token)
        rows = [] if token == "end" else found.rows
        return ResultPage(found.columns, rows, "" if token == "end" else "end")

    produce.athena.page = full
    assert produce()["produced"] == 3


def test_no_rows_where_there_were_some_stops(produce: Producing) -> None:
    produce.rows.clear()
    last_month(produce, 1)
    assert produce()["stopped_for"].keys() == {"fewer"}
    assert produce.again(accept=["fewer"])["produced"] == 0


# --- time runs out ---------------------------------------------------------------------------------------------------
def pages_left(pages: int) -> Callable[[], int]:
    """Time for so many pages."""
    answers = iter([ENOUGH_MS] * pages)
    return lambda: next(answers, MARGIN_MS - 1)


@pytest.mark.parametrize("pages", range(10))
def test_when_its_time_is_over_another_invocation_goes_on(many: Producing, pages: int) -> None:
    report = many(remaining_ms=pages_left(pages))
    assert (report["state"], many.telemetry.events) == ("RUNNING", ["produce_continued"])
    assert many.functions.started == [{"period": PERIOD}]
    assert from_text(many.record["lease_expires_at"]) == many.world.now
    report = many(**many.functions.started.pop())
    assert (report["produced"], report["fresh"], len(many.messages)) == (40, 40, 40)


def test_whoever_goes_on_expects_the_next_message_first(many: Producing) -> None:
    """What is stranded is looked at an hour after its mail was expected: its place counts from now, not from row 1."""
    many.world.ses_client.rate = 1 / 0.9  # less the headroom: one a second
    many(remaining_ms=pages_left(7))
    kept = len(many.messages)
    assert 0 < kept < 40
    many()
    first, last = (from_text(many.messages[number]["due_at"]) - STRANDED_AFTER for number in (kept, -1))
    assert abs(first - many.world.now) < timedelta(seconds=5)
    assert abs(last - first - timedelta(seconds=39 - kept)) < timedelta(seconds=1)


def test_one_page_at_a_time(many: Producing) -> None:
    many(remaining_ms=pages_left(1))
    hops = 0
    while many.functions.started:
        many(remaining_ms=pages_left(1), **many.functions.started.pop())
        hops += 1
    assert hops == 9
    assert [item["user_id"] for item in many.messages] == [row["user_id"] for row in many.rows]
    assert many.record["produced"] == 40


def test_while_athena_works_it_shows_signs_of_life_and_goes_when_its_time_is_over(produce: Producing) -> None:
    produce.athena.busy = 3
    noted = []

    def remaining_ms() -> int:
        noted.append(produce.record["noted_at"])
        produce.world.now += timedelta(seconds=30)
        return ENOUGH_MS if len(noted) < 2 else MARGIN_MS

    assert produce(remaining_ms=remaining_ms)["state"] == "RUNNING"
    assert noted == sorted(set(noted))
    assert produce.functions.started == [{"period": PERIOD}]
    assert produce()["produced"] == 3
    assert len(produce.athena.results) == 1


def test_if_it_cannot_be_started_again_the_sweeper_starts_it(many: Producing) -> None:
    def refuse(_: Any) -> None:
        raise FunctionStartError("Rate exceeded")

    started, many.functions.start = many.functions.start, refuse
    report = many.again(again=True, remaining_ms=pages_left(2))
    assert (report["state"], many.telemetry.events) == ("RUNNING", ["produce_not_continued"])
    many.functions.start = started
    many.world.now += timedelta(seconds=1)
    many.world.sweep()
    assert many.world.producers.started == [{"period": PERIOD}]
    assert many()["produced"] == 40


# --- Athena fails ----------------------------------------------------------------------------------------------------
def failing(fake: Any, operation: str, at_call: int, error: Exception | None = None) -> None:
    """The n-th such call finds the query FAILED, CANCELLED, refused or its result gone, or meets another error."""
    carry_out, calls = getattr(fake, operation), []

    def fail(*arguments: Any) -> Any:
        calls.append(operation)
        if len(calls) == at_call:
            raise error or UsageQueryError("Query exhausted resources at this scale factor")
        return carry_out(*arguments)

    setattr(fake, operation, fail)


@pytest.mark.parametrize(
    ("operation", "at_call"), [("ask", 1), ("done", 1), ("page", 1), ("page", 3), ("page", 6), ("page", 8)]
)
def test_a_query_that_failed_is_asked_anew_and_what_was_produced_stays(
    many: Producing, operation: str, at_call: int
) -> None:
    """Under the old token Athena would give the old failure for ever."""
    failing(many.athena, operation, at_call)
    with pytest.raises(UsageQueryError):
        many()
    kept = many.messages
    assert len(kept) == (19 if at_call == 8 else 0)
    report = many()
    assert (report["state"], report["produced"], len(many.messages)) == ("COMPLETED", 40, 40)
    assert many.messages[: len(kept)] == kept
    assert request_token(PERIOD, producer.QUERY.read_text(), 2) in many.athena.results
    assert many.record["attempt"] == 2


@pytest.mark.parametrize(("operation", "at_call"), [("ask", 1), ("done", 1), ("page", 1), ("page", 3), ("page", 8)])
def test_when_athena_does_not_answer_the_same_query_is_asked_for_again(
    many: Producing, operation: str, at_call: int
) -> None:
    """Another one would be paid for again. Whoever starts it next goes on from its last page: Lambda, or the sweeper."""
    failing(many.athena, operation, at_call, AthenaUnavailableError("Rate exceeded"))
    with pytest.raises(AthenaUnavailableError):
        many()
    many.world.now += 2 * LEASE
    many.world.sweep()
    assert many.world.producers.started == [{"period": PERIOD}]
    report = many(**many.world.producers.started.pop())
    assert (report["state"], report["produced"], report["fresh"]) == ("COMPLETED", 40, 40)
    assert list(many.athena.results) == [request_token(PERIOD, producer.QUERY.read_text(), 1)]


def test_counts_begin_anew_with_a_new_query(many: Producing) -> None:
    """Who goes on with a half-produced run and finds its result gone must not count its first half twice."""
    many(remaining_ms=pages_left(7))
    many.athena.results.clear()
    with pytest.raises(UsageQueryError, match="Could not find results"):
        many()
    assert many()["produced"] == many.record["produced"] == 40


def test_a_failed_query_waits_for_somebody_not_for_the_sweeper(many: Producing) -> None:
    """Else a query that can't work would be paid for every five minutes."""
    failing(many.athena, "done", 1)
    with pytest.raises(UsageQueryError):
        many()
    many.world.now += 2 * LEASE
    many.world.sweep()
    assert many.world.producers.started == []


@pytest.mark.parametrize("pages", [1, 5, 7])
def test_whoever_was_taken_over_stops_at_her_next_note(many: Producing, pages: int) -> None:
    page, calls = many.athena.page, []

    def overtaken(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == pages:
            many.runs.begin(OCTOBER, "another")
        return page(*arguments)

    many.athena.page = overtaken
    with pytest.raises(RunTakenOverError):
        many()
    assert len(calls) == pages
    assert many.record["taken_over_by"] == "another"
    assert many()["produced"] == 40


@pytest.mark.parametrize("column", ["user_id", "email", "total_minutes", "change_percent"])
@pytest.mark.parametrize("accept", [(), ("columns",)])
def test_a_query_without_a_column_stops_it_by_its_name_and_is_never_accepted(
    many: Producing, column: str, accept: tuple[str, ...]
) -> None:
    """Somebody edited the SQL: she mends it and asks Athena anew."""
    for row in many.rows:
        row[f"{column}_new"] = row.pop(column)
    many()
    report = many.again(accept=accept)
    assert (report["state"], list(report["stopped_for"]), many.messages) == ("STOPPED", ["columns"], [])
    assert f"no column {column};" in many.record["stopped_for"]["columns"]
    assert many.rejected == []
    for row in many.rows:
        row[column] = row.pop(f"{column}_new")
    assert many.again(again=True)["produced"] == 40


# --- rows ------------------------------------------------------------------------------------------------------------
HUGE = "9" * 300_000


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("email", None, "email is missing"),
        ("email", "", "email is missing"),
        ("email", "nobody", "email is malformed"),
        ("email", "Ann <ann@example.com>", "email has a space"),
        ("email", "ann@example.com\nBcc: bob@example.com", "email has a space or a character that can't be printed"),
        ("email", "x" * 400 + "@example.com", "email is too long: 412 characters"),
        ("email", HUGE + "@example.com", "email is too long: 300012 characters"),
        ("email", "(" * 300_000, "email is too long"),
        ("user_id", None, "user_id is missing or empty"),
        ("user_id", "", "user_id is missing or empty"),
        ("user_id", "user-00001" + "x" * 200, "user_id has 210 bytes"),
        ("user_id", "user-00001" + HUGE, "user_id has 300010 bytes"),
        ("user_id", "user-00001\n", "printed"),
        ("total_minutes", None, "total_minutes is None, not a number"),
        ("total_minutes", "many", "total_minutes is 'many', not a number"),
        ("total_minutes", "NaN", "total_minutes is 'NaN', not a number"),
        ("total_minutes", "Infinity", "total_minutes is 'Infinity', not a number"),
        ("total_minutes", "-0.001", "total_minutes is '-0.001', not between 0 and 44,640,000"),
        ("total_minutes", "44640000.001", "not between 0 and 44,640,000"),
        ("total_minutes", "1E30", "total_minutes is '1E30', not between"),
        ("total_minutes", "1E999999999", "total_minutes is '1E999999999', not between"),
        ("total_minutes", HUGE, "…', not between"),
        ("total_minutes", "x" * 300_000, "…', not a number"),
        ("previous_minutes", "-1", "previous_minutes is '-1', not between"),
        ("busiest_day_minutes", "-1", "busiest_day_minutes is '-1', not between"),
        ("change_percent", "-100.1", "change_percent is '-100.1', not between"),
        ("change_percent", "1E300", "change_percent is '1E300', not between"),
        ("device_count", "two", "device_count is 'two', not a number"),
        ("device_count", "-2", "device_count is '-2', not between"),
        ("device_count", "1E12", "device_count is '1E12', not between"),
        ("device_count", "2.5", "device_count is '2.5', not a whole number"),
        ("busiest_day", "someday", "busiest_day is 'someday', not a date"),
        ("busiest_day", HUGE, "…', not a date"),
    ],
)
def test_a_row_that_cannot_become_a_message_is_listed_and_holds_nobody_up(
    many: Producing, column: str, value: str | None, reason: str
) -> None:
    many.rows[1][column] = value
    report = many()
    assert (report["state"], report["produced"], report["fresh"], report["rejected"]) == ("COMPLETED", 39, 39, 1)
    (rejected,) = many.rejected
    user_id = many.rows[1]["user_id"]
    assert (rejected.row, rejected.column) == (2, column)
    assert rejected.user_id == user_id or (user_id or "").startswith(rejected.user_id[:-1])
    assert reason in rejected.reason
    assert len(json.dumps(rejected.__dict__)) < 500
    assert report["rejected_rows"] == f"s3://rejects/{PERIOD}/1/"


def test_a_row_without_a_user_is_not_out_of_order(many: Producing) -> None:
    """NULLs come last in Athena's order; the next month's first page may hold them as well."""
    many.rows[39]["user_id"] = many.rows[20]["user_id"] = None
    report = many()
    assert (report["state"], report["produced"], report["rejected"]) == ("COMPLETED", 38, 2)


@pytest.mark.parametrize(
    ("column", "value", "kept"),
    [
        ("email", "ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("email", " ann@example.com ", "ann@example.com"),
        ("user_id", "user-00001#a/b c", "user-00001#a/b c"),
        ("user_id", "user-00001 😀é", "user-00001 😀é"),
        ("user_id", "user-00001" + "x" * 118, "user-00001" + "x" * 118),
    ],
)
def test_an_unusual_row_that_can(many: Producing, column: str, value: str, kept: str) -> None:
    many.rows[1][column] = value
    assert many()["produced"] == 40
    assert many.messages[1][column] == kept


@pytest.mark.parametrize(
    ("column", "value", "variable", "text"),
    [
        ("total_minutes", "59.7", "total_time", "1 h"),
        ("total_minutes", "-0.0", "total_time", "0 min"),
        ("total_minutes", str(MINUTES_AT_MOST), "total_time", "744,000 h"),
        ("device_count", "2.0", "devices", "2 devices"),
        ("previous_minutes", None, "previous_time", ""),
    ],
)
def test_an_unusual_number_that_can(many: Producing, column: str, value: str, variable: str, text: str) -> None:
    many.rows[1][column] = value
    assert many()["produced"] == 40
    assert many.messages[1]["data"][variable] == text


def test_the_largest_row_that_is_accepted_makes_an_item_of_less_than_a_kilobyte(many: Producing) -> None:
    many.rows[1] |= dict.fromkeys(("total_minutes", "busiest_day_minutes", "previous_minutes"), str(MINUTES_AT_MOST))
    many.rows[1] |= {"device_count": "1000000", "active_days": "31", "change_percent": "4.4E12"}
    many()
    item = many.messages[1]
    assert len(json.dumps({name: value for name, value in item.items() if name not in ("user_id", "email")})) < 900


def test_what_a_user_typed_arrives_as_text(many: Producing) -> None:
    """Neither markup nor a template's braces are understood on the way from the row to SES."""
    many.rows[1]["user_id"] = "user-00001 <b>{{month}}</b>"
    many.rows[1]["email"] = "{{month}}@example.com"
    many.preferences_url = "https://example.com/?a=1&b={{month}}<b>"
    many()
    many.world.run()
    (mail,) = (one for one in many.world.ses_client.inbox if one.recipient == "{{month}}@example.com")
    data: Any = mail.data
    assert data["preferences_url"] == many.preferences_url
    assert data["html"]["preferences_url"] == "https://example.com/?a=1&amp;b={{month}}&lt;b&gt;"
    assert not {"<", "{"} & set("".join(text for name, text in data.items() if name not in ("preferences_url", "html")))
    assert many.world.statuses()["user-00001 <b>{{month}}</b>"] == "DELIVERED"


def test_a_page_that_is_done_again_replaces_its_list(many: Producing, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in (3, 5, 15):
        many.rows[number]["email"] = None
    note, notes = Runs.note, []

    def dying(*arguments: Any, **facts: Any) -> None:
        notes.append(facts)
        if len(notes) == 2:  # after the first page was listed, before it was noted
            raise ConnectionError("killed")
        note(*arguments, **facts)

    monkeypatch.setattr(Runs, "note", dying)
    with pytest.raises(ConnectionError):
        many()
    monkeypatch.undo()
    assert [row.row for row in many.rejected] == [4, 6]
    report = many.again(accept=["rejected"])
    assert report["rejected"] == 3
    assert [row.row for row in many.rejected] == [4, 6, 16]


# --- memory ----------------------------------------------------------------------------------------------------------
class EndlessAthena(FakeAthena):
    """Makes each page when it is asked for, every row of it without an address."""

    pages = 0

    def page(self, query_id: str, token: str) -> ResultPage:  # noqa: ARG002
        number = int(token or 0)
        rows = [{**usage_row(number * 200 + one), "email": None} for one in range(200)]
        return ResultPage(self.columns, rows, str(number + 1) if number + 1 < self.pages else "")


class ForgetfulRejects(FakeRejects):
    def store(self, period: Any, attempt: int, rows: Any) -> None:
        """Keeps nothing, like S3 as far as the function's memory goes."""


class ForgetfulTelemetry(FakeTelemetry):
    def count(self, event: str, **facts: Any) -> None:
        """Keeps nothing."""


def peak_bytes(pages: int) -> int:
    produce = Producing(0)
    produce.world.athena = endless = EndlessAthena([], produce.world.wire)
    endless.pages = pages
    produce.rejects = ForgetfulRejects(produce.world.wire)
    produce.world.telemetry = ForgetfulTelemetry()
    control: Any = produce.world.control_table
    control.stream = deque(maxlen=1)
    gc.collect()
    tracemalloc.start()
    try:
        report = produce()
        assert report["rejected"] == pages * 200
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_month() -> None:
    peak_bytes(2)  # what is imported and cached at first use
    assert peak_bytes(20) < 1.3 * peak_bytes(3)
