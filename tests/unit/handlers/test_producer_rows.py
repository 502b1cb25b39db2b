"""producer: rows of every kind, and any number of them."""

import json
from typing import Any

import pytest

from mail.usage.variables import MINUTES_AT_MOST
from shared.producing.pages import ResultPage
from shared.producing.run_records import RunRecords
from shared.store import Answer, Write
from simulation.stack import PERIOD
from tests.unit.handlers.producing import Producing


@pytest.mark.parametrize("users", [1, 2, 999, 1000, 1001, 1998, 1999, 2000])
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


def test_each_page_is_noted_once_in_each_pass_the_last_with_what_follows(
    many: Producing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Docs and benchmarks count the calls; and a page whose note came alone could be counted twice."""
    table, notes = many.world.control_table, []
    carry_out = table.write

    def write(one: Write) -> Answer:
        if one.key == {"name": f"run#{PERIOD}"}:
            notes.append(one.sets)
        return carry_out(one)

    monkeypatch.setattr(table, "write", write)
    many()
    tokens = ["9", "19", "29", "39"]
    assert [note.get("page_token") for note in notes] == ["", None, *tokens, "", None, *tokens, None]
    assert [note["checks"]["rows"] for note in notes[2:7]] == [9, 19, 29, 39, 40]
    assert [note["produced"] for note in notes[8:]] == [9, 19, 29, 39, 40]


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
        ("user_id", "user-00001\n", "the character"),
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


def test_the_run_record_stays_small_whatever_a_user_is_called(many: Producing) -> None:
    """DynamoDB refuses an item of 400 KB, and the run could never end."""
    many.rows[9]["user_id"] = many.rows[39]["user_id"] = "~" * 300_000
    assert many()["rejected"] == 2
    assert len(json.dumps(many.record)) < 2_000


def test_half_a_character_rejects_its_row_only(many: Producing) -> None:
    """JSON can hold a lone surrogate, UTF-8 can't."""
    many.rows[1]["user_id"] = "user-00001\ud83d"
    assert many()["rejected"] == 1


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
    many.world.unsubscribe = "https://example.com/?a=1&b={{month}}<b>"
    many()
    many.world.run()
    (mail,) = (one for one in many.world.ses_client.inbox if one.recipient == "{{month}}@example.com")
    data: Any = mail.data
    assert data["unsubscribe_url"].startswith(f"{many.world.unsubscribe}&token=")
    assert data["html"]["unsubscribe_url"].startswith("https://example.com/?a=1&amp;b={{month}}&lt;b&gt;&amp;token=")
    links = ("unsubscribe_url", "amazonSESUnsubscribeUrl", "html")
    assert not {"<", "{"} & set("".join(text for name, text in data.items() if name not in links))
    assert many.world.statuses()["user-00001 <b>{{month}}</b>"] == "DELIVERED"


def test_a_page_that_is_done_again_replaces_its_list(many: Producing, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in (3, 5, 15):
        many.rows[number]["email"] = None
    note, notes = RunRecords.note, []

    def dying(*arguments: Any) -> None:
        notes.append(arguments)
        if len(notes) == 1:  # after the first page was listed, before it was noted
            raise ConnectionError("killed")
        note(*arguments)

    monkeypatch.setattr(RunRecords, "note", dying)
    with pytest.raises(ConnectionError):
        many()
    monkeypatch.undo()
    assert [row.row for row in many.rejected] == [4, 6]
    report = many.again(accept=["rejected"])
    assert report["rejected"] == 3
    assert [row.row for row in many.rejected] == [4, 6, 16]
