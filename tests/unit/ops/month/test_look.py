from datetime import timedelta
from typing import Any

import pytest

from ops.errors import UnreadableError
from ops.month.look import latest_period, look
from ops.month.view import HeldGroup
from shared.outbox.states import Status
from shared.periods import Period
from shared.producing.run_records import RunRecords
from simulation.stack import PERIOD
from simulation.world import World
from tests.unit.ops.doctor.answers import DENIED, alarm
from tests.unit.ops.office import Office, put

OCTOBER = Period.parse(PERIOD)


pytestmark = pytest.mark.usefixtures("no_metrics")


def test_a_month_before_its_first_mail(office: Office, world: World) -> None:
    world.produce()
    found = look(office.session, OCTOBER)
    assert found.stage == "onlyonce-test"
    assert (found.period, found.at) == (OCTOBER, world.now)
    assert found.run is not None
    assert (found.run.state, found.run.produced, found.run.rows) == ("COMPLETED", 3, 3)
    assert found.counts.waiting == found.waiting.without_slot == 3
    assert found.waiting.why.startswith("for claim")
    assert found.campaign is not None
    assert (found.campaign.switch, found.campaign.rate, found.campaign.rate_now) == ("running", 900.0, None)
    assert (found.held, found.unread) == ([], {})
    assert found.curve is not None
    assert found.curve.per_step == 900.0 * 60


def test_what_is_held_is_grouped_by_its_reason(office: Office, world: World) -> None:
    put(world, "ann", Status.FAILED, last_error="no such address: a.b@example.com")
    put(world, "bob", Status.FAILED, last_error="no such address: a.c@example.com")
    put(world, "cat", Status.UNCERTAIN, last_error="its answer was lost")
    put(world, "dan", Status.UNCERTAIN, period="2026-09", last_error="its answer was lost")
    found = look(office.session, OCTOBER)
    assert found.held == [
        HeldGroup(Status.FAILED, "no such address: a***@example.com", 2, "ann"),
        HeldGroup(Status.UNCERTAIN, "its answer was lost", 1, "cat"),
    ]
    assert found.held_read == found.counts.held == 3


def test_alarms_of_this_stack_that_ring_come_first(office: Office) -> None:
    others = {**alarm("HeldAlarm"), "AlarmName": "onlyonce-test-two-HeldAlarm-1", "StateValue": "ALARM"}
    rings = {**alarm("PausedAlarm"), "StateValue": "ALARM"}
    office.aws.answer("cloudwatch", "describe_alarms", {"MetricAlarms": [alarm("HeldAlarm"), others, rings]})
    found = look(office.session, OCTOBER).alarms
    assert [(one.name, one.state) for one in found] == [("PausedAlarm", "ALARM"), ("HeldAlarm", "OK")]


def test_what_may_not_be_read_is_named_and_the_rest_is_there(office: Office, world: World) -> None:
    world.produce()
    denied = UnreadableError("get_metric_data: AccessDenied: no", "AccessDenied")
    office.aws.answer("cloudwatch", "get_metric_data", denied)
    office.aws.answer("cloudwatch", "describe_alarms", DENIED)
    found = look(office.session, OCTOBER)
    assert set(found.unread) == {"metrics", "alarms"}
    assert (found.curve, found.alarms, found.counts.total) == (None, (), 3)


def test_a_foreign_table_is_told(office: Office, world: World) -> None:
    world.pin().hold()
    world.outbox_table.table_id = "restored"
    assert look(office.session, OCTOBER).foreign_table


def test_a_stack_on_which_nothing_has_run() -> None:
    world = World(0)
    world.forget_the_table()
    office = Office(world)
    office.aws.answer("cloudwatch", "get_metric_data", {"MetricDataResults": []})
    found = look(office.session, OCTOBER)
    assert (found.campaign, found.run, found.counts.total) == (None, None, 0)
    assert world.control_table.items() == []


def test_the_month_that_is_meant_is_the_latest_that_has_a_run(office: Office, world: World) -> None:
    assert latest_period(office.session) == OCTOBER, "the last one that is over"
    runs = RunRecords(world.control_table, world.clock)
    runs.begin(Period.parse("2026-08"), by="test")
    assert latest_period(office.session) == Period.parse("2026-08")
    world.produce()
    assert latest_period(office.session) == OCTOBER


def test_what_went_out_before_the_run_began_is_another_months(office: Office, world: World) -> None:
    """The curve begins some minutes earlier than a fresh run."""
    world.runs().begin(OCTOBER, "test")
    world.now += timedelta(seconds=30)
    put(world, "ann", Status.PENDING)
    before, since = (world.now.replace(second=0, microsecond=0) - timedelta(minutes=back) for back in (3, 0))

    def told(**given: Any) -> dict[str, Any]:
        queries = given["MetricDataQueries"]
        sent = [one["Id"] for one in queries if one["MetricStat"]["Metric"]["MetricName"] == "mark_sent"]
        points = {"Timestamps": [before, since], "Values": [7.0, 2.0]}
        return {"MetricDataResults": [{"Id": one, **points} for one in sent]}

    office.aws.answer("cloudwatch", "get_metric_data", told)
    assert look(office.session, OCTOBER).counts.total == 3


def test_the_curve_of_a_month_that_is_over_ends_with_it(office: Office, world: World) -> None:
    world.produce()
    world.run()
    world.now += timedelta(hours=2)
    world.accounting().go_on(lambda: True)
    world.now += timedelta(days=10)
    found = look(office.session, OCTOBER)
    assert found.curve is not None
    assert len(found.curve.steps) <= 3 * 60 + 2


@pytest.mark.parametrize("edited", [{"started_at": "yesterday"}, {"started_at": 5}, {"settled_at": "soon"}])
def test_a_record_that_was_edited_is_looked_at_as_such(office: Office, world: World, edited: dict[str, object]) -> None:
    world.produce()
    record = office.session.runs.get(OCTOBER) or {}
    world.control_table.put({**record, **edited})
    found = look(office.session, OCTOBER)
    assert found.run is not None
    assert (found.run.state, found.counts.waiting) == ("COMPLETED" if "settled_at" in edited else "UNREADABLE", 3)
