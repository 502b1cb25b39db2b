from datetime import UTC, datetime
from typing import Any

import pytest

from mail.usage.variables import KIND
from ops import diary
from ops.errors import RefusedError, UnavailableError, UnclearError
from shared.errors import NoTemplateError
from shared.periods import Period
from shared.producing.pages import ResultPage
from shared.producing.query import filled
from simulation.stack import TEMPLATE, usage_row
from simulation.world import World
from tests.unit.ops.office import Office

pytestmark = pytest.mark.usefixtures("no_metrics")


def test_a_month_by_hand(office: Office, world: World) -> None:
    office.answers = ["2026-10"]
    assert office.type("produce", "2026-10") == 0
    assert office.produced == [{"period": "2026-10", "by": "arn:aws:iam::1:user/ann"}]
    assert "  users with a message: 3\n  of them put by this run: 3\n" in office.shown
    assert len(world.messages()) == 3


@pytest.mark.parametrize("answers", [["yes"], ["2026-09"], []])
def test_it_asks_because_everybody_is_mailed(office: Office, answers: list[str]) -> None:
    office.answers = answers
    with pytest.raises(RefusedError, match="nothing was done"):
        office.type("produce", "2026-10")
    assert office.produced == []


def test_a_completed_month_is_closed(office: Office, world: World) -> None:
    world.produce()
    with pytest.raises(RefusedError, match="2026-10 is completed: 3 messages"):
        office.type("produce", "2026-10", "--yes")
    assert office.produced == []


@pytest.mark.parametrize(
    ("now", "refused"),
    [
        (datetime(2026, 10, 15, tzinfo=UTC), True),
        (datetime(2026, 10, 31, 23, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 1, tzinfo=UTC), False),
        (datetime(2026, 11, 1, 5, tzinfo=UTC), False),
    ],
)
def test_a_month_that_is_not_over_in_utc_is_refused(office: Office, world: World, now: datetime, refused: bool) -> None:
    world.now = now
    if refused:
        with pytest.raises(RefusedError, match="2026-10 is not over"):
            office.type("produce", "2026-10", "--yes")
    else:
        office.type("produce", "2026-10", "--yes")
    assert len(office.produced) == (0 if refused else 1)


def test_a_stopped_month_says_why_and_how_to_go_on(office: Office, world: World) -> None:
    world.rows[1] = {**world.rows[0], "total_minutes": "1"}
    assert office.type("produce", "2026-10", "--yes") == 1
    assert "2026-10 has stopped before its first message:" in office.shown
    assert "twice: 1 rows are of a user who had another row before" in office.shown
    assert "`produce 2026-10 --accept twice`" in office.shown
    assert world.messages() == []
    with pytest.raises(RefusedError, match="has stopped before its first message"):
        office.type("produce", "2026-10", "--yes")
    assert office.type("produce", "2026-10", "--yes", "--accept", "twice", "--by", "ann") == 0
    assert office.produced[-1] == {
        "period": "2026-10", "by": "ann", "attempt": 1, "accept": ["twice"], "again": False
    }  # fmt: skip
    assert len(world.messages()) == 2
    assert (world.control_table.get({"name": "run#2026-10"}) or {})["decided_by"] == "ann"


def test_what_was_mended_is_looked_at_again(office: Office, world: World) -> None:
    def refuse(template: object) -> None:  # noqa: ARG001
        raise NoTemplateError("SES refuses the template")

    world.make_template = refuse  # type: ignore[method-assign]
    assert office.type("produce", "2026-10", "--yes") == 1
    assert "`produce 2026-10 --recheck`" in office.shown
    assert office.type("produce", "2026-10", "--yes", "--recheck") == 1
    del world.make_template
    assert office.type("produce", "2026-10", "--yes", "--recheck") == 0
    assert (len(world.messages()), len(world.athena.results)) == (3, 1)


def test_a_stop_in_the_middle_is_not_called_one_before_the_first_message(office: Office, world: World) -> None:
    world.produce()
    world.rows.reverse()
    assert office.type("produce", "2026-10", "--yes", "--again") == 1
    assert "2026-10 has stopped with 3 messages produced, or a page more:" in office.shown
    with pytest.raises(RefusedError, match="--again asks anew: what that finds can be accepted"):
        office.type("produce", "2026-10", "--yes", "--again", "--accept", "unordered")


def test_a_month_that_is_being_produced_is_halted_and_let_on(office: Office, world: World) -> None:
    with pytest.raises(UnavailableError, match="2026-10 was never produced"):
        office.type("halt", "2026-10", "--reason", "wrong figures")
    world.runs().begin(Period.parse("2026-10"), "request-1")
    assert office.type("halt", "2026-10", "--reason", "wrong figures") == 0
    assert "`produce 2026-10 --accept halted`" in office.shown
    with pytest.raises(RefusedError, match="halted: arn:aws:iam::1:user/ann: wrong figures"):
        office.type("produce", "2026-10", "--yes")
    assert office.type("produce", "2026-10", "--yes", "--accept", "halted") == 0
    assert len(world.messages()) == 3


def test_a_stopped_month_is_closed_as_it_is(office: Office, world: World) -> None:
    world.produce()
    with pytest.raises(RefusedError, match="2026-10 is not stopped: its run is COMPLETED"):
        office.type("close", "2026-10", "--reason", "never mind")
    world.rows.clear()
    office.type("produce", "2026-10", "--yes", "--again")
    assert office.type("close", "2026-10", "--reason", "the table is gone", "--by", "ann") == 0
    record = world.control_table.get({"name": "run#2026-10"}) or {}
    assert (record["state"], record["closed_for"]) == ("COMPLETED", "ann: the table is gone")
    office.type("status", "2026-10")
    assert "closed by ann: the table is gone" in office.shown
    with pytest.raises(RefusedError, match="is completed: 3 messages, and closed by ann: the table is gone"):
        office.type("produce", "2026-10", "--yes")
    with pytest.raises(RefusedError, match=r"its run is COMPLETED\. Nothing was done"):
        office.type("close", "2026-10", "--reason", "twice")


def test_what_only_another_query_mends_is_not_offered_and_not_accepted(office: Office, world: World) -> None:
    world.rows.reverse()
    assert office.type("produce", "2026-10", "--yes") == 1
    assert "unordered: 2 rows" in office.shown
    assert "--again" in office.shown
    assert "--accept" not in office.shown
    asked = len(office.produced)
    with pytest.raises(RefusedError, match=r"unordered can't be accepted: mend the query.*--again"):
        office.type("produce", "2026-10", "--yes", "--accept", "unordered", "--accept", "fewer")
    assert len(office.produced) == asked


def test_a_completed_month_again(office: Office, world: World) -> None:
    world.produce()
    world.rows.append({**world.rows[0], "user_id": "zoe"})
    assert office.type("produce", "2026-10", "--yes", "--again") == 0
    assert "  users with a message: 4\n  of them put by this run: 1\n" in office.shown
    assert len(world.messages()) == 4


@pytest.mark.parametrize(
    "change",
    [
        {"rejected": "0"},
        {"produced": "many"},
        {"stopped_for": None},
        {"stopped_for": "fewer"},
        {"accepted": 5},
        {"state": "?"},
    ],
)
def test_an_edited_record_is_shown_as_one_and_not_produced(
    office: Office, world: World, change: dict[str, Any]
) -> None:
    world.runs().begin(Period.parse("2026-10"), "request-1")
    record = world.control_table.get({"name": "run#2026-10"}) or {}
    world.control_table.put({**record, **change})
    for words in ((), ("2026-10",)):
        assert office.type("status", *words) == 0
        assert "UNREADABLE" in office.shown
    with pytest.raises(RefusedError, match="run#2026-10 was edited and can't be read"):
        office.type("produce", "2026-10", "--yes")


def test_a_halt_in_the_first_page_is_not_called_one_before_the_first_message(office: Office, world: World) -> None:
    run = world.runs().begin(Period.parse("2026-10"), "request-1")
    world.runs().begin_second_pass(run, TEMPLATE)
    world.runs().halt(Period.parse("2026-10"), "bob", "wrong figures")
    with pytest.raises(RefusedError, match="with 0 messages produced, or a page more"):
        office.type("produce", "2026-10", "--yes")


def test_only_what_was_found_is_accepted(office: Office, world: World) -> None:
    for words in (("--accept", "fewer"), ("--recheck",)):
        with pytest.raises(RefusedError, match="2026-10 has not stopped: its run is not begun"):
            office.type("produce", "2026-10", "--yes", *words)
    with pytest.raises(RefusedError, match="2026-10 was never produced: leave out --again"):
        office.type("produce", "2026-10", "--yes", "--again")
    world.rows.clear()
    office.type("produce", "2026-10", "--yes")
    with pytest.raises(
        RefusedError, match=r"(?s)has not stopped for fewre.*empty: mail/usage/query\.sql gives no rows"
    ):
        office.type("produce", "2026-10", "--yes", "--accept", "fewre", "--accept", "empty")
    assert len(office.produced) == 1


def test_what_is_accepted_is_shown_before_the_question(office: Office, world: World) -> None:
    """Somebody may have asked Athena anew since they looked."""
    world.rows[1] = {**world.rows[0], "total_minutes": "1"}
    office.type("produce", "2026-10", "--yes")
    office.answers = ["no"]
    with pytest.raises(RefusedError, match="nothing was done"):
        office.type("produce", "2026-10", "--accept", "twice")
    assert "twice: 1 rows are of a user who had another row before" in office.shown


def test_a_run_that_was_halted_is_not_told_of_as_going_on_elsewhere(office: Office, world: World) -> None:
    page = world.athena.page

    def halted(query_id: str, token: str) -> ResultPage:
        world.runs().halt(Period.parse("2026-10"), "bob", "wrong figures")
        return page(query_id, token)

    world.athena.page = halted  # type: ignore[method-assign]
    assert office.type("produce", "2026-10", "--yes") == 1
    assert "halted: bob: wrong figures" in office.shown
    assert "goes on" not in office.shown


def test_a_paused_campaign_is_mentioned(office: Office, world: World) -> None:
    world.campaign().pause("wrong text")
    office.type("produce", "2026-10", "--yes")
    assert "the campaign is paused, so nothing is sent until `resume`: wrong text" in office.shown


def handed_in(world: World) -> str:
    """The query of a look at the month."""
    sql = filled(KIND.files.read(KIND.files.query), {"period_start": Period.parse("2026-10").start})
    return str(world.athena.ask(sql, "a-look"))


def test_what_was_looked_at_is_handed_on(office: Office, world: World) -> None:
    result = handed_in(world)
    world.rows.append(usage_row(99))
    office.answers = ["2026-10"]
    assert office.type("produce", "2026-10", "--result", result, "--by", "ann") == 0
    assert office.asked == [
        "onlyonce-test: every user of the result a-look of 2026-10 will be sent a mail.\nType 2026-10 to go on: "
    ]
    assert office.produced == [{"period": "2026-10", "by": "ann", "result": "a-look"}]
    assert (len(world.messages()), len(world.athena.results)) == (3, 1)
    assert [one.reason for one in diary.entries(office.session, "2026-10")] == ["--result a-look"]
    office.type("status", "2026-10")
    assert "takes the stored result a-look, handed in by ann" in office.shown


def test_a_run_that_has_begun_takes_a_result_only_again(office: Office, world: World) -> None:
    world.rows.reverse()
    world.produce()
    world.rows.reverse()
    result = handed_in(world)
    for words in ([], ["--accept", "unordered"], ["--recheck"]):
        with pytest.raises(RefusedError):
            office.type("produce", "2026-10", "--yes", "--result", result, *words)
    assert office.produced == []
    assert office.type("produce", "2026-10", "--yes", "--again", "--result", result) == 0
    assert office.produced[0]["attempt"] == 1
    assert (len(world.messages()), len(world.athena.results)) == (3, 2)


def test_a_result_that_the_run_has_taken_may_be_named_again(office: Office, world: World) -> None:
    """Whose answer was lost types the same command."""
    result = handed_in(world)
    world.runs().begin(Period.parse("2026-10"), "ann", result=result)
    assert office.type("produce", "2026-10", "--yes", "--result", result) == 0
    assert (len(world.messages()), len(world.athena.results)) == (3, 1)


@pytest.mark.parametrize("result", ["", "  "])
def test_an_empty_result_is_no_wish_for_another_query(office: Office, result: str) -> None:
    """As where a script's variable is unset: what nobody has looked at would go out."""
    with pytest.raises(UnclearError, match="empty"):
        office.type("produce", "2026-10", "--yes", "--result", result)
    assert office.produced == []
