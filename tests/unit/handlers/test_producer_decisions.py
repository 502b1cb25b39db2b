"""producer: a stopped month goes on as somebody has decided, about what they have seen."""

import pytest

from shared.errors import UsageQueryError
from simulation.stack import PERIOD
from tests.unit.handlers.producing import Producing, bad, last_month, pages_left


def test_a_decision_is_about_the_query_that_was_seen(many: Producing) -> None:
    """Of two operators one accepts the 40 rows that they saw; the other has just asked anew, for 1 row."""
    last_month(many, 100)
    assert many()["stopped_for"]["fewer"].startswith("40 rows")
    del many.rows[1:]
    assert many.again(again=True)["stopped_for"]["fewer"].startswith("1 rows")
    assert many.again(accept=["fewer"], attempt=1)["stopped_for"]["fewer"].startswith("1 rows")
    assert many.messages == []


def test_what_was_accepted_of_a_month_stops_it_again_when_athena_is_asked_anew(many: Producing) -> None:
    """The new query's rows are fewer as well, by another number that nobody has seen."""
    last_month(many, 100)
    many()
    assert many.again(accept=["fewer"])["produced"] == 40
    del many.rows[1:]
    assert many.again(again=True)["stopped_for"]["fewer"].startswith("1 rows")
    assert many()["state"] == "STOPPED"


def test_what_was_accepted_of_a_result_that_is_gone_is_asked_again(many: Producing) -> None:
    last_month(many, 100)
    many()
    many.athena.results.clear()
    with pytest.raises(UsageQueryError):
        many.again(accept=["fewer"])
    del many.rows[1:]
    assert many(period=PERIOD, attempt=1, accept=["fewer"])["state"] == "STOPPED", "Lambda's repetition of that event"
    assert (many.record["attempt"], many.messages) == (2, [])


def test_what_was_mended_is_looked_at_again_without_another_query(many: Producing) -> None:
    many.account.found = {"sender": "not verified"}
    many()
    many.account.found = {}
    assert many()["state"] == "STOPPED"
    assert many.again()["produced"] == 40
    assert len(many.athena.results) == 1


def test_a_stop_is_told_again_by_an_invocation_that_finds_it(many: Producing) -> None:
    many.account.found = {"sender": "the sender is not verified"}
    many()
    many.telemetry.events.clear()
    many()
    assert many.telemetry.events == ["produce_stopped"]


def test_a_template_that_was_deployed_between_the_passes_is_looked_at_first(many: Producing) -> None:
    """Else the rest of the month would be written for a text that no row can fill."""
    many(remaining_ms=pages_left(8))
    kept = many.messages
    assert len(kept) == 19 + 10
    assert many(template=bad("usage-2"))["stopped_for"].keys() == {"template"}
    assert many.messages == kept
    report = many.again()
    assert (report["produced"], report["rejected"], report["differing"]) == (40, 0, 0)
    assert many.messages[:29] == kept
    assert len(many.athena.results) == 1


def test_a_template_that_was_accepted_is_accepted_for_itself_alone(many: Producing) -> None:
    many.template = bad("usage-1")
    assert many()["stopped_for"].keys() == {"template"}
    many.again(accept=["template"], remaining_ms=pages_left(3))
    assert many.record["phase"] == "write"
    assert many(template=bad("usage-2"))["stopped_for"].keys() == {"template"}


def test_every_finding_must_be_accepted(many: Producing) -> None:
    many.account.found = {"sandbox": "the account is in the sandbox"}
    last_month(many, 81)
    assert set(many()["stopped_for"]) == {"sandbox", "fewer"}
    assert set(many.again(accept=["fewer"])["stopped_for"]) == {"sandbox"}
    assert many.messages == []
    assert many.again(accept=["sandbox"])["produced"] == 40


def test_again_reopens_a_stopped_run_with_another_question(many: Producing) -> None:
    many.rows.reverse()
    many()
    many.rows.sort(key=lambda row: str(row["user_id"]))
    assert many.again(again=True)["produced"] == 40
    assert len(many.athena.results) == 2
