"""producer: a stored result that somebody has looked at is taken instead of Athena being asked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mail.usage.variables import KIND
from shared.errors import UnfitResultError, UsageQueryError
from shared.pacing.pace import Quota
from shared.producing.query import filled
from simulation.stack import PERIOD, usage_row
from tests.unit.handlers.producing import OCTOBER, Producing, failing, pages_left

QUESTION = filled(KIND.files.read(KIND.files.query), {"period_start": OCTOBER.start})


def looked_at(produce: Producing, sql: str = QUESTION) -> dict[str, Any]:
    """The event that hands over what a look finds now."""
    return {"period": PERIOD, "by": "ann", "result": produce.athena.ask(sql, "a-look")}


def test_what_was_looked_at_goes_out(produce: Producing) -> None:
    event = looked_at(produce)
    produce.rows.append(usage_row(99))
    assert produce(**event)["produced"] == 3
    assert [item["user_id"] for item in produce.messages] == ["user-00000", "user-00001", "user-00002"]
    assert list(produce.athena.results) == ["a-look"], "Athena is not asked again"
    assert (produce.record["query_id"], produce.record["handed_by"], produce.record["attempt"]) == ("a-look", "ann", 1)


def test_it_is_safe_to_repeat(produce: Producing) -> None:
    event = looked_at(produce)
    produce(**event)
    assert (produce(**event)["state"], len(produce.messages)) == ("COMPLETED", 3)
    assert produce.record["attempt"] == 1


def test_another_invocation_goes_on_with_it(many: Producing) -> None:
    event = looked_at(many)
    assert many(remaining_ms=pages_left(3), **event)["state"] == "RUNNING"
    many.rows.append(usage_row(99))
    assert many()["produced"] == 40
    assert list(many.athena.results) == ["a-look"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"state": "RUNNING"}, "not SUCCEEDED"),
        ({"sql": "SELECT 1"}, "its SQL is not the deployed query"),
        ({"sql": QUESTION.replace("2026-10", "2026-09")}, "its SQL is not the deployed query"),
        ({"work_group": "onlyonce-dev"}, "in onlyonce-dev"),
        ({"database": "onlyonce_dev"}, "it asked onlyonce_dev"),
        ({"submitted_at": datetime(2026, 10, 31, 23, 59, tzinfo=UTC)}, "before 2026-10 was over"),
        ({"submitted_at": datetime(2026, 10, 1, tzinfo=UTC)}, "kept for 14 days"),
        ({"reused": True}, "older query"),
    ],
)
def test_what_the_run_would_not_get_itself_is_refused(produce: Producing, changes: dict[str, Any], says: str) -> None:
    event = looked_at(produce)
    produce.athena.executions["a-look"] = replace(produce.athena.executions["a-look"], **changes)
    with pytest.raises(UnfitResultError, match=says):
        produce(**event)
    assert produce.runs.get(OCTOBER) is None, "nothing was done"
    assert produce()["state"] == "COMPLETED"


def test_a_result_that_is_not_there_is_refused(produce: Producing) -> None:
    with pytest.raises(UnfitResultError, match=r"no-such-query can't be looked at: .*was not found"):
        produce(period=PERIOD, by="ann", result="no-such-query")
    assert produce.runs.get(OCTOBER) is None


def test_a_result_that_was_deleted_is_refused(produce: Producing) -> None:
    """As by forget: the schedule must not find a run that has stopped for it."""
    event = looked_at(produce)
    failing(produce.athena, "page", 1, UsageQueryError("Could not find results"))
    with pytest.raises(UnfitResultError, match="a-look can't be looked at: Could not find results"):
        produce(**event)
    assert produce.runs.get(OCTOBER) is None, "nothing was done"


def test_a_run_that_has_a_query_is_not_changed_by_it(many: Producing) -> None:
    event = looked_at(many)
    many(remaining_ms=pages_left(2))
    before = many.record
    with pytest.raises(UnfitResultError, match="has begun with another query"):
        many(**event)
    assert many.record == before
    assert many()["state"] == "COMPLETED"
    with pytest.raises(UnfitResultError, match="has begun with another query"):
        many(**event)


def test_a_run_that_is_about_to_ask_is_not_changed_by_it(produce: Producing) -> None:
    event = looked_at(produce)
    produce.runs.begin(OCTOBER, "schedule")
    with pytest.raises(UnfitResultError):
        produce(**event)
    assert (produce.record["fence"], produce.record["query_id"]) == (1, "")


def test_again_takes_it(produce: Producing) -> None:
    produce()
    produce.rows.append(usage_row(99))
    event = looked_at(produce)
    produce.rows.append(usage_row(100))
    report = produce.again(again=True, by=event["by"], result=event["result"])
    assert (report["produced"], report["fresh"]) == (4, 1)
    assert (produce.record["attempt"], produce.record["query_id"]) == (2, "a-look")
    assert len(produce.athena.results) == 2


def test_again_about_a_query_that_is_not_the_latest_decides_nothing(produce: Producing) -> None:
    produce()
    produce.again(again=True)
    event = looked_at(produce)
    with pytest.raises(UnfitResultError):
        produce(**event, attempt=1, again=True)
    assert (produce.record["attempt"], produce.record["state"]) == (2, "COMPLETED")


def test_the_next_query_is_the_runs_own_again(produce: Producing) -> None:
    produce(**looked_at(produce))
    produce.again(again=True)
    assert (produce.record["handed_by"], produce.record["attempt"]) == ("", 2)
    assert produce.record["query_id"] not in ("", "a-look")


def test_a_result_that_goes_missing_stops_the_run(many: Producing) -> None:
    """What nobody has looked at must not go out in its place."""
    event = looked_at(many)
    failing(many.athena, "page", 7, UsageQueryError("Could not find results"))
    report = many(**event)
    assert report["state"] == "STOPPED"
    assert report["stopped_for"] == {"result": "the result that ann handed in can't be read: Could not find results"}
    assert list(many.athena.results) == ["a-look"]
    del many.athena.page
    assert many.again(accept=["result"])["stopped_for"] == {}, (
        "it is there again: what it has stopped for is looked at anew"
    )


def test_another_template_in_between_changes_nothing_of_that(many: Producing) -> None:
    """What is deployed halfway is looked at over the same result, which is still the one that was handed in."""
    many(remaining_ms=pages_left(8), **looked_at(many))
    failing(many.athena, "page", 2, UsageQueryError("Could not find results"))
    report = many(replace(many.template, name="usage-2"))
    assert (many.record["phase"], list(report["stopped_for"])) == ("check", ["result"])


def test_the_findings_stop_it_as_ever(many: Producing) -> None:
    for row in many.rows[:3]:
        row["email"] = None
    event = looked_at(many)
    assert list(many(**event)["stopped_for"]) == ["rejected"]
    assert many.again(accept=["rejected"])["produced"] == 37
    assert list(many.athena.results) == ["a-look"]


def test_the_quota_is_taken_up_as_when_athena_is_asked(produce: Producing) -> None:
    produce.world.campaign().state()
    produce.world.ses_client.rate, produce.world.ses_client.daily = 7.0, 1000.0
    produce(**looked_at(produce))
    assert produce.world.campaign().state().quota == Quota(7.0, 1000.0)


def test_a_look_before_the_month_is_over_is_never_its_run(produce: Producing) -> None:
    """Asked on the 31st, handed over on the 1st."""
    produce.world.now = datetime(2026, 10, 31, 18, tzinfo=UTC)
    event = looked_at(produce)
    produce.world.now += timedelta(days=1)
    with pytest.raises(UnfitResultError, match="before 2026-10 was over"):
        produce(**event)
    produce.rows.append(usage_row(99))
    assert produce()["produced"] == 4
