"""producer: its time is over, it dies, it is taken over, Athena fails; the month goes on."""

from datetime import timedelta
from typing import Any

import pytest

from mail.usage.variables import KIND
from shared.errors import (
    AthenaUnavailableError,
    FunctionStartError,
    QueryCancelledError,
    RunTakenOverError,
    UsageQueryError,
)
from shared.producing.pages import MARGIN_MS
from shared.producing.query import request_token
from shared.producing.run import LEASE
from shared.sweeping.intervals import STRANDED_AFTER
from shared.times import from_text
from simulation.stack import PERIOD
from tests.unit.handlers.producing import ENOUGH_MS, OCTOBER, Producing, failing, pages_left


@pytest.mark.parametrize("pages", range(10))
def test_when_its_time_is_over_another_invocation_goes_on(many: Producing, pages: int) -> None:
    report = many(remaining_ms=pages_left(pages))
    assert (report["state"], many.telemetry.events) == ("RUNNING", ["produce_continued"])
    assert many.functions.started == [{"period": PERIOD}]
    assert from_text(many.record["lease_expires_at"]) == many.world.now
    report = many(**many.functions.started.pop())
    assert (report["produced"], report["fresh"], len(many.messages)) == (40, 40, 40)


@pytest.mark.parametrize("claimed", [0, 10, 100])
def test_an_invocation_that_goes_on_expects_the_mails_behind_those_that_were_written_before(
    many: Producing, claimed: int
) -> None:
    """When a message is stranded depends on when its mail was expected: behind all that have no ticket yet, however many of the
    run's have one.
    """
    many.world.ses_client.rate = 1 / 0.9  # less the headroom: one a second
    many.world.campaign().reserve(5)
    many(remaining_ms=pages_left(7))
    kept = len(many.messages)
    assert 0 < kept < 40
    many.world.campaign().reserve(claimed)
    waiting = max(0, kept - claimed)
    many()
    first, last = (from_text(many.messages[number]["due_at"]) - STRANDED_AFTER for number in (kept, -1))
    ahead = timedelta(seconds=5 + claimed + waiting)
    assert abs(first - many.world.now - ahead) < timedelta(seconds=5)
    assert last - first <= timedelta(seconds=39 - kept)


def test_messages_that_were_there_already_leave_no_gap_in_what_is_expected(many: Producing) -> None:
    """Of a month that is produced again those that are new are expected at once, wherever their rows are."""
    many.world.ses_client.rate = 1 / 0.9
    many()
    many.rows.append({**many.rows[-1], "user_id": "user-9999"})
    many.again(again=True)
    assert abs(from_text(many.messages[-1]["due_at"]) - STRANDED_AFTER - many.world.now) < timedelta(seconds=10)


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


@pytest.mark.parametrize(("short_ms", "state"), [(0, "COMPLETED"), (1, "RUNNING")])
def test_athena_is_waited_for_as_long_as_a_page_can_be_begun_after_it(
    produce: Producing, short_ms: int, state: str
) -> None:
    """A look at Athena takes half a minute, and what follows needs its margin."""
    produce.athena.busy = 1
    left = iter([MARGIN_MS + 30_000 - short_ms])
    assert produce(remaining_ms=lambda: next(left, ENOUGH_MS))["state"] == state


def test_if_it_cannot_be_started_again_the_sweeper_starts_it(many: Producing) -> None:
    def refuse(_: Any) -> None:
        raise FunctionStartError("Rate exceeded")

    started, many.functions.start = many.functions.start, refuse
    report = many(remaining_ms=pages_left(2))
    assert (report["state"], many.telemetry.events) == ("RUNNING", ["produce_not_continued"])
    many.functions.start = started
    many.world.now += timedelta(seconds=1)
    many.world.sweep()
    assert many.world.producers.started == [{"period": PERIOD}]
    assert many()["produced"] == 40


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
    assert request_token(PERIOD, KIND.files.read(KIND.files.query), 2) in many.athena.results
    assert many.record["attempt"] == 2


@pytest.mark.parametrize(("operation", "at_call"), [("ask", 1), ("done", 1), ("page", 1), ("page", 3), ("page", 8)])
def test_when_athena_does_not_answer_the_same_query_is_asked_for_again(
    many: Producing, operation: str, at_call: int
) -> None:
    """Another one would be paid for again. Lambda or the sweeper starts it next, and it goes on from its last page."""
    failing(many.athena, operation, at_call, AthenaUnavailableError("Rate exceeded"))
    with pytest.raises(AthenaUnavailableError):
        many()
    many.world.now += 2 * LEASE
    many.world.sweep()
    assert many.world.producers.started == [{"period": PERIOD}]
    report = many(**many.world.producers.started.pop())
    assert (report["state"], report["produced"], report["fresh"]) == ("COMPLETED", 40, 40)
    assert list(many.athena.results) == [request_token(PERIOD, KIND.files.read(KIND.files.query), 1)]


def test_an_invocation_that_was_taken_over_ends_well_also_when_the_query_fails(produce: Producing) -> None:
    def taken_over(*_: Any) -> bool:
        produce.runs.begin(OCTOBER, "another")
        raise UsageQueryError("Query exhausted resources at this scale factor")

    produce.athena.done = taken_over
    assert produce()["state"] == "TAKEN_OVER"
    assert produce.record["attempt"] == 1


def test_a_record_that_was_deleted_meanwhile_is_no_take_over(many: Producing) -> None:
    """Nothing goes on with it: Lambda must repeat the event, and the month begins anew."""
    page, calls = many.athena.page, []

    def deleting(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 7:
            many.world.control_table._items.pop(("run#2026-10",))
        return page(*arguments)

    many.athena.page = deleting
    with pytest.raises(RunTakenOverError):
        many()
    assert many()["produced"] == 40


def test_counts_begin_anew_with_a_new_query(many: Producing) -> None:
    """An invocation that goes on with half a run, and finds its result gone, must not count the first half twice."""
    many(remaining_ms=pages_left(7))
    many.athena.results.clear()
    with pytest.raises(UsageQueryError, match="Could not find results"):
        many()
    assert many()["produced"] == many.record["produced"] == 40


def test_a_query_that_somebody_cancelled_is_not_paid_for_again(many: Producing) -> None:
    failing(many.athena, "done", 1, QueryCancelledError("the usage query was cancelled: by ann"))
    assert many()["stopped_for"] == {"cancelled": "the usage query was cancelled: by ann"}
    assert many()["state"] == "STOPPED"
    assert len(many.athena.results) == 1
    assert many.again(again=True)["produced"] == 40


def test_looking_for_a_row_to_show_is_a_sign_of_life_too(many: Producing) -> None:
    """An invocation that took over behind the last good row reads the result once more, which may take longer than a lease."""
    for row in many.rows:
        row["email"] = None
    many.rows[35]["email"] = "ann@example.com"
    many(remaining_ms=pages_left(4))
    page = many.athena.page

    def slow(*arguments: Any) -> Any:
        many.world.now += timedelta(minutes=2)
        assert many.world.open_runs().silent() == []
        return page(*arguments)

    many.athena.page = slow
    assert many()["stopped_for"].keys() == {"rejected"}


def test_a_failed_query_waits_for_somebody_not_for_the_sweeper(many: Producing) -> None:
    """Else a query that can't work would be paid for every five minutes."""
    failing(many.athena, "done", 1)
    with pytest.raises(UsageQueryError):
        many()
    many.world.now += 2 * LEASE
    many.world.sweep()
    assert many.world.producers.started == []


@pytest.mark.parametrize("pages", [1, 5, 7])
def test_an_invocation_that_was_taken_over_stops_at_its_next_note(many: Producing, pages: int) -> None:
    page, calls = many.athena.page, []

    def overtaken(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == pages:
            many.runs.begin(OCTOBER, "another")
        return page(*arguments)

    many.athena.page = overtaken
    assert many()["state"] == "TAKEN_OVER"
    assert len(calls) == pages
    assert many.record["taken_over_by"] == "another"
    assert many()["produced"] == 40
