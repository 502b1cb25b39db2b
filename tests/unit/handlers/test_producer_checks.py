"""producer, the first pass: no message is written before every row was looked at, and all that was found is accepted."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mail.usage.variables import KIND
from shared.errors import InvalidRowError
from shared.keys import Key
from shared.rendering.mail_kind import MailFiles
from simulation.stack import MAIL_TEMPLATE, PERIOD, TEMPLATE, usage_row
from tests.unit.handlers.producing import Producing, bad, last_month, pages_left


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
    producing.template = bad("usage-2")


def _unrendered(producing: Producing) -> None:
    producing.account.unrendered = "SES can't render usage-1"


def _sandbox(producing: Producing) -> None:
    producing.account.found = {"sandbox": "the account is in the sandbox"}


def _sender(producing: Producing) -> None:
    producing.account.found = {"sender": "the sender is not verified"}


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


def test_where_no_row_can_become_a_message_none_is_looked_for_twice(many: Producing) -> None:
    """Each page of a month of millions costs a call."""
    for row in many.rows:
        row["email"] = "nobody"
    page, read = many.athena.page, []

    def counted(*wanted: Any) -> Any:
        read.append(wanted)
        return page(*wanted)

    many.athena.page = counted
    assert many()["stopped_for"].keys() == {"rejected"}
    assert len(read) == len(set(read)) > 1


def test_one_bad_row_in_twenty_is_no_reason_to_stop(many: Producing) -> None:
    for row in many.rows[:2]:
        row["email"] = "nobody"
    report = many()
    assert (report["state"], report["rejected"], report["produced"]) == ("COMPLETED", 2, 38)


@pytest.mark.parametrize("rows", [80, 27])
def test_a_change_by_half_is_none_to_ask_about(many: Producing, rows: int) -> None:
    last_month(many, rows)
    assert many()["state"] == "COMPLETED"


@pytest.mark.parametrize("history", [None, {}])
def test_an_item_whose_history_was_edited_away_is_there_by_hand(produce: Producing, history: Any) -> None:
    produce.world.outbox_table.put({**Key("user-00001", PERIOD)._asdict(), "status": "SENT", "history": history})
    assert produce()["produced"] == 2


def test_a_message_that_was_put_in_by_hand_is_not_counted_as_the_producers(produce: Producing) -> None:
    adopted = {
        **Key("user-00001", PERIOD)._asdict(),
        "status": "SENT",
        "data": {},
        "history": {"adopt": "2026-11-01T06:00:00.000Z"},
    }
    produce.world.outbox_table.put(adopted)
    report = produce()
    assert (report["produced"], report["fresh"], report["differing"]) == (2, 2, 1)


def test_a_stopped_run_tells_where_its_rejected_rows_are(produce: Producing) -> None:
    produce.rows[0]["email"] = None
    first, second = produce(), produce()
    assert first["rejected"] == second["rejected"] == 1
    assert second["rejected_rows"] == f"s3://rejects/{PERIOD}/1/"


def test_the_template_is_in_ses_before_the_first_message(produce: Producing) -> None:
    assert produce.world.ses_client.templates == {}
    produce()
    assert produce.world.ses_client.templates == {TEMPLATE: MAIL_TEMPLATE.parts}
    assert produce.again(again=True)["state"] == "COMPLETED", "it is there already"


def test_a_template_that_is_accepted_is_in_ses_all_the_same(produce: Producing) -> None:
    """Its messages that have the variable would else pause the campaign."""
    produce.template = bad("usage-2")
    produce()
    assert produce.again(accept=["template"])["state"] == "COMPLETED"
    assert "usage-2" in produce.world.ses_client.templates


@pytest.mark.parametrize("accept", [[], ["no_template"]])
def test_a_month_whose_template_ses_refuses_is_never_accepted(produce: Producing, accept: list[str]) -> None:
    """Every message would be FAILED."""
    produce.account.unmade = "SES refuses the template"
    produce()
    report = produce.again(accept=accept)
    assert report["stopped_for"] == {"no_template": "mail/usage: SES refuses the template"}
    assert produce.messages == []
    produce.account.unmade = ""
    assert produce.again()["produced"] == 3


def test_a_variable_that_no_message_has_is_named_with_its_file_and_line(many: Producing) -> None:
    _template(many)
    reason = many()["stopped_for"]["template"]
    place = "mail/usage/html.hbs, line 1: {{html.first_name}}"
    assert reason.startswith(f"{place}: not among what mail/usage/variables.py gives (active_days, ")


def test_rows_that_all_fail_for_a_column_are_told_by_it(many: Producing) -> None:
    for row in many.rows:
        row["total_minutes"] = "a lot"
    many.rows[3]["email"] = None
    report = many()
    reason = "40 of 40 rows can't become messages: 39 for total_minutes, 1 for email"
    assert report["stopped_for"] == {"rejected": reason}


def test_a_column_that_the_mapping_reads_and_the_query_does_not_give_is_called_that(many: Producing) -> None:
    """Somebody has renamed it in `template_data` alone."""

    def renamed(*_: Any) -> dict[str, str]:
        raise InvalidRowError("minutes", "is None, not a number")

    many.kind = replace(KIND, variables=renamed)
    reason = "40 of 40 rows can't become messages: 40 for minutes, which the query does not give"
    assert many()["stopped_for"] == {"rejected": reason}


@pytest.mark.parametrize("accept", [[], ["parameter"]])
def test_a_parameter_that_there_is_not_stops_the_month_before_athena_is_asked(
    many: Producing, accept: list[str], tmp_path: Path
) -> None:
    right = KIND.files.read(KIND.files.query)
    edited = tmp_path / KIND.files.query
    edited.parent.mkdir(parents=True)
    wrong = right.replace("%(period_start)s AS in", "%(period_strat)s AS in")
    edited.write_text(wrong)
    many.kind = replace(KIND, files=MailFiles(tmp_path, "usage"))
    many()
    report = many.again(accept=accept)
    line = wrong[: wrong.index("period_strat")].count("\n") + 1
    place = f"mail/usage/query.sql, line {line}: %(period_strat)s is no parameter; there is only %(period_start)s"
    assert (report["state"], report["stopped_for"]) == ("STOPPED", {"parameter": place})
    assert many.athena.results == {}
    edited.write_text(right)
    assert many.again(again=True)["produced"] == 40


def test_the_mail_is_tried_also_by_an_invocation_that_takes_over_behind_the_last_good_row(many: Producing) -> None:
    """It has only rejected rows left to look at, and still the mail must be known to render."""
    many.rows[39]["email"] = None
    _unrendered(many)
    assert many(remaining_ms=pages_left(4))["state"] == "RUNNING"
    assert many()["stopped_for"].keys() == {"template"}


def test_the_first_of_two_rows_of_a_user_counts(many: Producing) -> None:
    many.rows[9] = {**usage_row(8), "email": "other@example.com"}
    many.rows[11] = {**usage_row(10), "email": None}
    assert "'user-00008' in row 10 first" in many()["stopped_for"]["twice"]
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


@pytest.mark.parametrize("accept", [[], ["unordered"]])
def test_rows_out_of_order_are_never_accepted(many: Producing, accept: list[str]) -> None:
    """A user who comes twice far apart would be counted twice, and the month's accounts would never be right."""
    many.rows[5] = {**usage_row(2), "email": "other@example.com"}
    many()
    report = many.again(accept=accept)
    assert (report["state"], list(report["stopped_for"]), many.messages) == ("STOPPED", ["unordered"], [])
    many.rows.sort(key=lambda row: str(row["user_id"]))
    many.again(again=True)
    report = many.again(accept=["twice"])
    assert (report["produced"], len(many.messages)) == (39, 39)


def test_no_rows_where_there_were_some_stops(produce: Producing) -> None:
    produce.rows.clear()
    last_month(produce, 1)
    assert produce()["stopped_for"].keys() == {"empty", "fewer"}
    assert produce.again(accept=["empty", "fewer"])["produced"] == 0


def test_a_first_month_without_a_row_stops(produce: Producing) -> None:
    """There is nothing to compare with: the table is empty, or somewhere else."""
    produce.rows.clear()
    assert produce()["stopped_for"].keys() == {"empty"}
    assert produce.again(accept=["empty"])["state"] == "COMPLETED"


@pytest.mark.parametrize("column", ["user_id", "email", "total_minutes", "change_percent"])
@pytest.mark.parametrize("accept", [[], ["columns"]])
def test_a_query_without_a_column_stops_it_by_its_name_and_is_never_accepted(
    many: Producing, column: str, accept: list[str]
) -> None:
    """The SQL was edited: it is mended, and Athena asked anew."""
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
