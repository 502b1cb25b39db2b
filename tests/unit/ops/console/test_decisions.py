"""What is decided on a page is what the command line would do: the same questions, the same record of who and why."""

import re
import threading

import pytest

from ops.console.jobs import Jobs
from ops.decision import VERBS
from ops.session import Session
from shared.outbox.states import Status
from simulation.stack import PERIOD
from simulation.world import World
from tests.unit.ops.console.conftest import Opening, Pages
from tests.unit.ops.office import Meddling, Office, item, put

WHO = "arn:aws:iam::1:user/ann"
ONE = f"?user=ann&period={PERIOD}"


@pytest.mark.parametrize(
    ("verb", "status", "to"),
    [
        ("redrive", Status.FAILED, Status.PENDING),
        ("cancel", Status.FAILED, Status.CANCELLED),
        ("assume_sent", Status.UNCERTAIN, Status.SENT),
        ("resend", Status.UNCERTAIN, Status.PENDING),
    ],
)
def test_a_decision_is_asked_carried_out_and_recorded(
    pages: Pages, world: World, verb: str, status: Status, to: Status
) -> None:
    put(world, "ann", status)
    assert f"recorded as decided by {WHO}" in pages.get(f"/act/{verb}{ONE}")
    assert item(world, "ann")["status"] == status, "asking does nothing"
    shown = pages.post(f"/act/{verb}{ONE}", reason="as told", accept="yes")
    assert f"ann {PERIOD}: {status} → {to}" in shown
    assert (item(world, "ann")["status"], item(world, "ann")["decided_by"]) == (to, WHO)
    assert "as told" in item(world, "ann")["decision"]


def test_who_decides_may_be_named(open_console: Opening, world: World) -> None:
    put(world, "ann", Status.FAILED)
    open_console(by="Bob").enter().post(f"/act/cancel{ONE}", reason="x")
    assert item(world, "ann")["decided_by"] == "Bob"


@pytest.mark.parametrize("reason", ["", "  "])
def test_without_a_reason_nothing_is_done(pages: Pages, world: World, reason: str) -> None:
    put(world, "ann", Status.FAILED)
    assert "Say why" in pages.post(f"/act/cancel{ONE}", 422, reason=reason)
    assert item(world, "ann")["status"] == Status.FAILED


def test_without_the_risk_accepted_nothing_is_sent_again(pages: Pages, world: World) -> None:
    put(world, "ann", Status.UNCERTAIN)
    assert "SECOND MAIL" in pages.get(f"/act/resend{ONE}")
    assert "The risk was not accepted" in pages.post(f"/act/resend{ONE}", 422, reason="x")
    assert item(world, "ann")["status"] == Status.UNCERTAIN


def test_what_has_moved_on_is_left_alone(pages: Pages, world: World, wire: Meddling) -> None:
    """SES's event comes between the page and the decision."""
    put(world, "ann", Status.UNCERTAIN)

    def event() -> None:
        put(world, "ann", Status.DELIVERED, fence=9)

    wire.meddle = event
    shown = pages.post(f"/act/resend{ONE}", reason="x", accept="yes")
    assert "Not done." in shown
    assert "Nothing was done" in shown
    assert item(world, "ann")["status"] == Status.DELIVERED


def test_an_old_page_decides_nothing(pages: Pages, world: World) -> None:
    """In another tab, or by the browser's way back: the mail was sent again since, and its answer was lost again."""
    put(world, "ann", Status.UNCERTAIN, fence=3)
    seen = pages.seen(f"/act/resend{ONE}")
    put(world, "ann", Status.UNCERTAIN, fence=7)
    shown = pages.post(f"/act/resend{ONE}", 422, reason="x", accept="yes", seen=seen)
    assert "It has changed since this page was shown" in shown
    assert item(world, "ann")["status"] == Status.UNCERTAIN
    pages.post(f"/act/resend{ONE}", reason="x", accept="yes")
    assert item(world, "ann")["status"] == Status.PENDING


@pytest.mark.parametrize("status", [Status.SENT, Status.DELIVERED, Status.SENDING])
def test_what_does_not_fit_is_not_offered(pages: Pages, world: World, status: Status) -> None:
    put(world, "ann", status)
    shown = pages.html(f"/message{ONE}")
    assert not [verb for verb in VERBS if f"/act/{verb}" in shown]
    assert "does not fit it" in pages.get(f"/act/resend{ONE}", 409)


class TestGroup:
    """A decision for a whole group is about no more than was shown, and asks for the number."""

    GROUP = f"status=FAILED&period={PERIOD}&reason=no+such+address"

    @pytest.fixture(autouse=True)
    def failed(self, world: World) -> None:
        for user in ("ann", "bob"):
            put(world, user, Status.FAILED, last_error="no such address")
        put(world, "cyd", Status.FAILED, last_error="no such address at all")
        put(world, "dan", Status.FAILED, period="2026-09", last_error="no such address")

    def test_it_is_shown_by_month_and_reason(self, pages: Pages) -> None:
        shown = pages.get("/held")
        assert "4 messages wait for a decision" in shown
        assert f"{PERIOD} ✗ FAILED 2 no such address" in shown
        assert "2026-09 ✗ FAILED 1 no such address" in shown
        assert "2 messages of 2026-10" in pages.get(f"/held/group?{self.GROUP}")

    def test_all_of_it_is_decided(self, pages: Pages, world: World) -> None:
        shown = pages.post(f"/act/cancel?{self.GROUP}&shown=2", reason="gone", typed="2")
        assert "2 of 2 messages → CANCELLED" in shown
        assert [item(world, user)["status"] for user in ("ann", "bob", "cyd")] == ["CANCELLED", "CANCELLED", "FAILED"]
        assert item(world, "dan", "2026-09")["status"] == "FAILED"

    @pytest.mark.parametrize("typed", ["", "1", "3", "yes"])
    def test_another_number_does_nothing(self, pages: Pages, world: World, typed: str) -> None:
        assert "Type 2 to go on" in pages.post(f"/act/cancel?{self.GROUP}&shown=2", 422, reason="gone", typed=typed)
        assert item(world, "ann")["status"] == "FAILED"

    def test_a_number_that_no_page_has_shown_is_refused(self, pages: Pages) -> None:
        assert "how many were shown?" in pages.get(f"/act/cancel?{self.GROUP}&shown={'9' * 30}", 409)

    def test_what_came_since_is_not_in_it(self, pages: Pages, world: World) -> None:
        put(world, "eve", Status.FAILED, last_error="no such address")
        pages.post(f"/act/cancel?{self.GROUP}&shown=2", reason="gone", typed="2")
        left = [user for user in ("ann", "bob", "eve") if item(world, user)["status"] == "FAILED"]
        assert len(left) == 1

    def test_others_of_the_same_number_are_another_group(self, pages: Pages, world: World) -> None:
        path = f"/act/cancel?{self.GROUP}&shown=2"
        seen = pages.seen(path)
        put(world, "ann", Status.SENT)
        put(world, "eve", Status.FAILED, last_error="no such address")
        shown = pages.post(path, 422, reason="gone", typed="2", seen=seen)
        assert "It has changed since this page was shown" in shown
        assert [item(world, user)["status"] for user in ("bob", "eve")] == ["FAILED", "FAILED"]

    def test_an_empty_one_is_refused(self, pages: Pages) -> None:
        assert "nothing to do" in pages.get(f"/act/cancel?status=UNCERTAIN&period={PERIOD}&reason=x&shown=5", 409)

    @pytest.mark.parametrize("query", ["status=SENT&period=2026-10", "status=FAILED&period=x", "status=FAILED"])
    def test_what_is_no_group_is_refused(self, pages: Pages, query: str) -> None:
        assert pages.client.get(f"/held/group?{query}").status_code in (400, 409)


class TestMonth:
    def test_the_campaign_is_paused_and_resumed(self, pages: Pages, office: Office) -> None:
        pages.post(f"/act/pause?period={PERIOD}", reason="wrong text")
        assert office.session.paused == f"wrong text ({WHO})"
        assert "it is paused already" in pages.get(f"/act/pause?period={PERIOD}", 409)
        assert "resumed; it was paused: wrong text" in pages.post(f"/act/resume?period={PERIOD}")
        assert office.session.paused is None

    def test_a_month_is_produced_once_it_is_typed(self, pages: Pages, office: Office) -> None:
        assert "Type 2026-10 to go on" in pages.post(f"/act/begin?period={PERIOD}", 422, typed="2026-11")
        assert office.produced == []
        assert "users with a message: 3" in pages.post(f"/act/begin?period={PERIOD}", typed=PERIOD)
        assert office.produced == [{"period": PERIOD, "by": WHO}]

    def test_a_stopped_run_goes_on_for_the_words_that_were_shown(
        self, pages: Pages, office: Office, world: World
    ) -> None:
        world.rows[1] = {**world.rows[0], "total_minutes": "1"}
        world.produce()
        assert "twice" in pages.get(f"/act/accept?period={PERIOD}&words=twice")
        shown = pages.post(f"/act/accept?period={PERIOD}&words=fewer", typed=PERIOD)
        assert "has not stopped for fewer" in shown, "what was not shown is not accepted"
        pages.post(f"/act/accept?period={PERIOD}&words=twice", typed=PERIOD)
        assert office.produced[-1]["accept"] == ["twice"]

    def test_what_an_earlier_query_found_is_not_accepted_of_a_later_one(
        self, pages: Pages, office: Office, world: World
    ) -> None:
        world.rows[1] = {**world.rows[0], "total_minutes": "1"}
        world.produce()
        path = f"/act/accept?period={PERIOD}&words=twice"
        seen = pages.seen(path)
        world.produce(event={"period": PERIOD, "by": "bob", "attempt": 1, "again": True})
        assert "It has changed" in pages.post(path, 422, typed=PERIOD, seen=seen)
        assert office.produced == []

    def test_what_is_never_accepted_is_refused(self, pages: Pages) -> None:
        assert "can't be accepted" in pages.get(f"/act/accept?period={PERIOD}&words=columns", 409)

    def test_a_run_is_closed_as_it_is(self, pages: Pages, world: World) -> None:
        world.rows[1] = {**world.rows[0], "total_minutes": "1"}
        world.produce()
        assert "closed: what was produced" in pages.post(f"/act/close?period={PERIOD}", reason="enough")
        assert "is not being produced" in pages.post(f"/act/halt?period={PERIOD}", reason="x")


def test_what_nobody_can_decide_is_refused(pages: Pages) -> None:
    assert "there is nothing that is called" in pages.get("/act/drop_tables", 409)


def test_each_page_has_a_form_of_its_own(pages: Pages) -> None:
    found = [re.search(r'name="once" value="([\w-]+)"', pages.html(f"/act/pause?period={PERIOD}")) for _ in range(2)]
    assert len({one and one[1] for one in found}) == 2


class TestJobs:
    """A long one goes on while its page is looked at."""

    def test_it_is_shown_while_it_is_at_work(self, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("ops.console.jobs.SOON_S", 0.01)
        goes_on = threading.Event()

        def work(session: Session) -> int:
            session.say("begun")
            goes_on.wait(5)
            return 0

        jobs = Jobs(office.session)
        job = jobs.start("Produce", "/", "", work)
        assert not job.done
        assert "in the middle of: Produce" in jobs.cut_off()
        goes_on.set()
        assert job.over.wait(5)
        assert (job.said, job.status, jobs.cut_off()) == ("begun", 0, "")

    def test_two_at_once_with_one_form_are_one(self, office: Office) -> None:
        done = list[int]()
        jobs = Jobs(office.session)

        def work(_: Session) -> int:
            done.append(1)
            return 0

        threads = [threading.Thread(target=jobs.start, args=("Pause", "/", "", work, "form")) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(5)
        assert done == [1]

    def test_what_goes_wrong_is_said(self, office: Office) -> None:
        def work(_: Session) -> int:
            raise OSError("no route to host")

        assert Jobs(office.session).start("Pause", "/", "", work).refused == "no route to host"
