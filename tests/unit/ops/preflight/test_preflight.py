"""`onlyonce preflight`: what a month would be, without a write."""

import json
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mail.usage.variables import KIND
from ops.errors import RefusedError, UnclearError
from shared.errors import SendUnavailableError, UnfitResultError
from shared.periods import Period
from shared.producing.query import request_token
from shared.rendering.mail_kind import MailFiles, MailKind
from simulation.stack import PERIOD, usage_row
from simulation.world import World
from tests.unit.handlers.producing import last_month_of
from tests.unit.ops.doctor.answers import DENIED, Answers, schedule
from tests.unit.ops.office import Office
from tests.unit.ops.preflight.conftest import on_list


def tables(world: World) -> list[Any]:
    return deepcopy([one.items() for one in (world.outbox_table, world.control_table, world.unsubscribed_table)])


def looked(office: Office, *words: str) -> tuple[int, dict[str, Any]]:
    status = office.type("preflight", PERIOD, "--json", *words)
    told: dict[str, Any] = json.loads(office.shown)
    return status, told


@pytest.mark.usefixtures("aws")
def test_a_month_that_may_go_out(office: Office, world: World, folder: Path) -> None:
    before = tables(world)
    assert office.type("preflight", PERIOD) == 0
    assert tables(world) == before, "nothing is written"
    (query_id,) = world.athena.results
    assert f"result {query_id} (Athena was asked)" in office.shown
    assert f"to send exactly this: `onlyonce produce 2026-10 --result {query_id}`" in office.shown
    assert "✓ nothing speaks against it" in office.shown
    assert (folder / "mails.html").as_uri() in office.shown
    assert "delete it when it was seen" in office.shown


def test_whom_and_whom_not_and_why(office: Office, world: World, aws: Answers) -> None:
    world.rows.extend(usage_row(number) for number in range(40, 200))
    for number in (3, 4, 5, 6):
        world.rows[number]["email"] = f"user {number}@example.com"
    world.rows[7]["total_minutes"] = "many"
    world.rows[20]["email"] = "USER-00020@example.com"
    for number in (8, 9):
        world.unsubscribed().leave(f"user-{number:05}", "ann", "asked")
    world.rows.insert(12, {**usage_row(11), "total_minutes": "1"})
    aws.answer("sesv2", "list_suppressed_destinations", on_list("User-00020@example.com", "user-00008@example.com"))
    before = tables(world)
    status, told = looked(office)
    assert tables(world) == before
    assert (told["rows"], told["messages"], told["unsubscribed"], told["rejected"]) == (201, 193, 2, 5)
    assert (told["twice"], told["suppressed"]) == (1, 1)
    assert told["rejected_for"] == {"email": 4, "total_minutes": 1}
    assert [row["row"] for row in told["rejected_samples"]] == [4, 5, 6, 8]
    assert (status, list(told["would_stop_for"])) == (1, ["twice"])
    office.type("preflight", PERIOD, "--anew")
    assert "user-00003, row 4: email" in office.shown
    assert "user-00006, row 7" not in office.shown, "three of each column"


def test_an_address_counts_as_suppressed_where_the_account_minds_its_reason(office: Office, aws: Answers) -> None:
    aws.answer("sesv2", "list_suppressed_destinations", on_list("user-00001@example.com", reason="COMPLAINT"))
    assert looked(office)[1]["suppressed"] == 1
    aws.change("sesv2", "get_account", SuppressionAttributes={"SuppressedReasons": ["BOUNCE"]})
    assert looked(office)[1]["suppressed"] == 0


def test_nobody_can_tell_whom_ses_keeps_mails_from(office: Office, aws: Answers) -> None:
    aws.answer("sesv2", "list_suppressed_destinations", DENIED)
    status, told = looked(office)
    assert (status, told["suppressed"]) == (0, None)
    office.type("preflight", PERIOD)
    assert "nobody can tell whom SES keeps mails from: SES does not show you its suppression list" in office.shown


@pytest.mark.usefixtures("aws")
def test_addresses_are_masked(office: Office, world: World, folder: Path) -> None:
    world.rows[3]["total_minutes"] = "ann@example.com"
    for words in ([], ["--json"]):
        office.type("preflight", PERIOD, *words)
        assert "ann@" not in office.shown
        assert "user-00000@" not in office.shown + (folder / "mails.html").read_text()
    office.type("preflight", PERIOD, "--reveal")
    assert "ann@example.com" in office.shown
    assert "user-00000@example.com" in (folder / "mails.html").read_text()


@pytest.mark.parametrize(
    ("rows", "word"), [(range(0), "empty"), (range(15), "fewer"), (range(61), "more"), (range(40), "")]
)
@pytest.mark.usefixtures("aws")
def test_against_last_month(office: Office, world: World, rows: range, word: str) -> None:
    last_month_of(world, 40, unsubscribed=3)
    world.rows[:] = [usage_row(number) for number in rows]
    status, told = looked(office)
    assert (word in told["would_stop_for"]) == bool(word)
    assert status == bool(word)
    assert told["month_before"] == {
        "period": "2026-09", "rows": 40, "messages": 37, "rejected": 0, "unsubscribed": 3
    }  # fmt: skip
    assert told["limits"] == {"max_rejected": 0.05, "max_change": 0.5}


def test_the_limits_are_the_deployed_ones(office: Office, world: World, aws: Answers) -> None:
    last_month_of(world, 36)
    assert looked(office)[1]["would_stop_for"] == {}
    aws.answer("lambda", "get_function_configuration", with_settings(MAX_CHANGE="0.1"))
    assert looked(office)[1]["would_stop_for"] == {"more": "40 rows, the month before had 36"}


def test_what_is_wrong_with_the_account_is_wrong_with_the_month(office: Office, aws: Answers) -> None:
    aws.change("sesv2", "get_account", SendingEnabled=False)
    status, told = looked(office)
    assert status == 1
    assert [one["says"] for one in told["account"] if one["mark"] == "wrong"] == [
        "SES sends nothing for this account: sending is paused"
    ]
    office.type("preflight", PERIOD)
    assert "✗ SES sends nothing for this account" in office.shown
    assert "is verified" not in office.shown, "what is in order is left out"


@pytest.mark.usefixtures("aws")
def test_what_is_to_know_of_the_account_stops_nobody(office: Office) -> None:
    office.aws.change("sesv2", "get_account", EnforcementStatus="PROBATION")
    status, told = looked(office)
    assert (status, [one["mark"] for one in told["account"]]) == (0, ["warning"])


@pytest.mark.usefixtures("aws")
def test_a_query_without_a_column_would_stop(office: Office, world: World) -> None:
    for row in world.rows:
        del row["active_days"]
    status, told = looked(office)
    assert (status, list(told["would_stop_for"]), told["mails"]) == (1, ["columns"], None)


@pytest.mark.usefixtures("aws")
def test_a_template_that_names_what_no_row_gives_would_stop(
    office: Office, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no table knows of it, though SES may have it from now on."""
    monkeypatch.setattr("ops.preflight.stage.kind_of", lambda _: kind_with(tmp_path, "html.hbs", "{{first_name}}"))
    before = tables(world)
    status, told = looked(office)
    assert (status, list(told["would_stop_for"])) == (1, ["template"])
    assert "first_name" in told["would_stop_for"]["template"]
    assert tables(world) == before
    assert told["template"] in world.ses_client.templates


@pytest.mark.usefixtures("aws")
def test_a_parameter_that_there_is_not_is_named(
    office: Office, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.preflight.stage.kind_of", lambda _: kind_with(tmp_path, "query.sql", "SELECT %(since)s"))
    with pytest.raises(RefusedError, match=r"query\.sql, line 1: .*since"):
        office.type("preflight", PERIOD)
    assert not world.athena.results


@pytest.mark.usefixtures("aws")
def test_a_look_is_never_the_answer_of_the_run(office: Office, world: World) -> None:
    """Nor that of another look."""
    world.now = datetime(2026, 10, 31, 18, tzinfo=UTC)
    office.type("preflight", PERIOD)
    office.type("preflight", PERIOD)
    looks = list(world.athena.results)
    assert len(looks) == 2
    world.rows.append(usage_row(99))
    world.now = datetime(2026, 11, 1, 6, tzinfo=UTC)
    assert world.produce()["produced"] == 41
    sql = KIND.files.read(KIND.files.query)
    assert list(world.athena.results) == [*looks, request_token(PERIOD, sql, 1)]


@pytest.mark.usefixtures("aws")
def test_before_the_month_is_over_the_figures_are_of_now(office: Office, world: World) -> None:
    world.now = datetime(2026, 10, 31, 18, tzinfo=UTC)
    assert office.type("preflight", PERIOD) == 0
    assert (
        "! 2026-10 is not over in UTC until 2026-11-01 00:00:00 UTC: these figures are of the data until now"
        in office.shown
    )
    assert "no run takes this result: it was asked at 2026-10-31T18:00:00.000Z, before 2026-10 was over" in office.shown
    assert "--result" not in office.shown
    status, told = looked(office)
    assert (status, told["period_is_over"], told["result"]["can_be_handed_on"]) == (0, False, False)
    assert told["sending"]["by_hand"]["start"] == "2026-11-01T00:00:00.000Z"
    assert told["sending"]["by_schedule"]["start"] == "2026-11-01T05:00:00.000Z"


@pytest.mark.usefixtures("aws")
def test_the_schedule_of_another_month_is_not_this_months(office: Office, world: World) -> None:
    """Its hour is over: the next time it fires is for November."""
    world.now = datetime(2026, 11, 1, 5, 1, tzinfo=UTC)
    assert looked(office)[1]["sending"]["by_schedule"] is None
    office.type("preflight", PERIOD)
    assert "its next time is of another month" in office.shown


def test_without_a_schedule_nothing_begins_by_itself(office: Office, world: World, aws: Answers) -> None:
    world.now = datetime(2026, 10, 31, 18, tzinfo=UTC)
    aws.answer("scheduler", "get_schedule", lambda Name: schedule(Name, State="DISABLED"))
    sending = looked(office)[1]["sending"]
    assert (sending["by_schedule"], sending["unscheduled"]) == (None, "the schedule is off")
    aws.answer("scheduler", "get_schedule", lambda Name: schedule(Name, ScheduleExpression="rate(30 days)"))
    assert looked(office)[1]["sending"]["unscheduled"] == "its next time is unknown here"
    aws.answer("scheduler", "get_schedule", DENIED)
    assert looked(office)[1]["sending"]["unscheduled"] == "nobody can tell: AccessDeniedException: not authorized"


@pytest.mark.usefixtures("aws")
def test_a_look_of_before_the_months_end_is_of_no_use_after_it(office: Office, world: World) -> None:
    world.now = datetime(2026, 10, 31, 18, tzinfo=UTC)
    result = looked(office)[1]["result"]["query_id"]
    world.now = datetime(2026, 11, 1, 6, tzinfo=UTC)
    status, told = looked(office, "--result", result)
    assert (status, told["result"]["can_be_handed_on"], told["result"]["asked_by_this_look"]) == (1, False, False)
    assert len(world.athena.results) == 1
    with pytest.raises(UnfitResultError, match="before 2026-10 was over"):
        office.type("produce", PERIOD, "--result", result, "--yes")


@pytest.mark.usefixtures("aws")
def test_what_was_looked_at_is_produced(office: Office, world: World) -> None:
    world.rows[3]["email"] = "nobody"
    told = looked(office)[1]
    world.rows.append(usage_row(99))
    assert office.type("produce", PERIOD, "--result", told["result"]["query_id"], "--yes") == 0
    assert len(world.messages()) == told["messages"] == told["already"]["would_be_put"] == 39
    assert len(world.athena.results) == 1


@pytest.mark.usefixtures("aws")
def test_what_the_run_has_asked_is_read(office: Office, world: World) -> None:
    world.produce()
    (asked,) = world.athena.results
    status, told = looked(office)
    assert (told["result"]["query_id"], told["result"]["asked_by_this_look"], told["run"]) == (
        asked,
        False,
        "COMPLETED",
    )
    assert told["already"] == {
        "asked": 40, "have": 40, "messages": 40, "produced": 40, "exact": True, "would_be_put": 0
    }  # fmt: skip
    assert len(world.athena.results) == 1
    world.rows.append(usage_row(99))
    status, told = looked(office, "--anew")
    assert (status, told["already"]["have"], told["already"]["would_be_put"]) == (0, 40, 1)
    assert len(world.athena.results) == 2
    office.type("preflight", PERIOD, "--result", told["result"]["query_id"])
    assert (
        f"to put exactly this: `onlyonce produce 2026-10 --again --result {told['result']['query_id']}`" in office.shown
    )


@pytest.mark.usefixtures("aws")
def test_of_many_users_some_are_asked_for(office: Office, world: World) -> None:
    """And what is said of all is said to be drawn."""
    world.rows[:] = [usage_row(number) for number in range(500)]
    world.produce()
    world.rows.extend(usage_row(number) for number in range(500, 1000))
    told = looked(office, "--anew")[1]
    assert (told["already"]["asked"], told["already"]["exact"]) == (100, False)
    assert 300 < told["already"]["would_be_put"] < 700
    office.type("preflight", PERIOD, "--result", told["result"]["query_id"])
    assert "have a message already, of 100 users drawn from all" in office.shown
    assert "by the record of its run, at least" in office.shown


@pytest.mark.usefixtures("aws")
def test_what_somebody_has_accepted_stops_no_more(office: Office, world: World) -> None:
    for row in world.rows[:3]:
        row["email"] = None
    world.produce()
    assert looked(office)[1]["would_stop_for"].keys() == {"rejected"}
    world.produce({"period": PERIOD, "attempt": 1, "accept": ["rejected"], "by": "ann"})
    told = looked(office)[1]
    assert (told["would_stop_for"], told["accepted"]) == ({}, ["rejected"])
    assert looked(office, "--anew")[1]["would_stop_for"].keys() == {"rejected"}, "of another query nobody has"


@pytest.mark.usefixtures("aws")
def test_a_restored_outbox_would_stop_it(office: Office, world: World) -> None:
    key = {"name": "outbox"}
    pin = world.control_table.get(key)
    assert pin is not None
    world.control_table.put({**pin, "reconciled_at": "2026-11-01T05:00:00.000Z"})
    assert looked(office)[1]["would_stop_for"].keys() == {"restored"}


@pytest.mark.usefixtures("aws")
def test_a_result_of_another_question_is_not_what_would_go_out(office: Office, world: World) -> None:
    world.athena.ask("SELECT * FROM others", "of-others")
    status, told = looked(office, "--result", "of-others")
    assert (status, told["result"]["unfit"]) == (1, ["its SQL is not the deployed query for 2026-10"])


@pytest.mark.usefixtures("aws")
def test_a_stopped_campaign_is_told_of(office: Office, world: World) -> None:
    world.campaign().pause("wrong text")
    status, told = looked(office)
    assert (status, told["sending"]["halted"]) == (1, "wrong text")
    office.type("preflight", PERIOD)
    assert "nothing is sent until `resume`: wrong text" in office.shown


@pytest.mark.usefixtures("aws")
def test_mails_that_ses_can_not_render_are_told_of(office: Office) -> None:
    office.aws.answer("sesv2", "test_render_email_template", DENIED)
    told = looked(office)[1]
    assert (told["mails"], told["no_mails"]) == (None, "AccessDeniedException: not authorized")


@pytest.mark.usefixtures("aws")
def test_the_mails_are_opened_if_wanted(office: Office, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    office.type("preflight", PERIOD)
    assert opened == []
    office.type("preflight", PERIOD, "--open")
    assert opened == [(folder / "mails.html").as_uri()]


@pytest.mark.usefixtures("aws")
def test_ses_that_can_not_be_asked_ends_the_look(office: Office, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The result is paid for, and is named before."""

    def unavailable(*_: object) -> None:
        raise SendUnavailableError("GetEmailIdentity: AccessDenied")

    monkeypatch.setattr("simulation.fakes.producing.FakeAccount.findings", unavailable)
    with pytest.raises(SendUnavailableError):
        office.type("preflight", PERIOD)
    assert f"result {next(iter(world.athena.results))} (Athena was asked)" in office.shown


def test_words_that_contradict_each_other(office: Office) -> None:
    with pytest.raises(UnclearError, match="leave one of them out"):
        office.type("preflight", PERIOD, "--result", "q", "--anew")


def test_a_record_that_was_edited_is_not_looked_past(office: Office, world: World, aws: Answers) -> None:  # noqa: ARG001
    world.runs().begin(Period.parse(PERIOD), "ann")
    record = world.control_table.get({"name": f"run#{PERIOD}"})
    assert record is not None
    world.control_table.put({**record, "fence": "one"})
    with pytest.raises(RefusedError, match="was edited"):
        office.type("preflight", PERIOD)


def with_settings(**changes: str) -> dict[str, Any]:
    from tests.unit.ops.doctor.answers import function
    from tests.unit.ops.preflight.conftest import SETTINGS

    return function(Environment={"Variables": {**SETTINGS, **changes}})


def kind_with(folder: Path, file: str, text: str) -> MailKind:
    """The kind with another file."""
    files = KIND.files
    mail = folder / files.folder
    mail.mkdir(parents=True)
    for name in (files.query, *files.templates.values()):
        (folder / name).write_text(files.read(name))
    (mail / file).write_text(text)
    return MailKind(MailFiles(folder, files.name), KIND.columns, KIND.variables)
