import json
from datetime import UTC, datetime, timedelta

import pytest

from ops import status
from ops.errors import UnavailableError
from ops.month.view import CampaignView, Counts, MonthView, Waiting
from ops.status import LISTED
from shared.outbox.states import Status
from shared.periods import Period
from shared.producing.run_records import RunRecords
from simulation.world import World
from tests.unit.ops.doctor.answers import DENIED, alarm
from tests.unit.ops.office import Office, put

pytestmark = pytest.mark.usefixtures("no_metrics")


def cells(office: Office) -> list[list[str]]:
    rows = (line.strip("│").split("│") for line in office.shown.splitlines() if line.startswith("│"))
    return [[cell.strip() for cell in row] for row in rows]


def facts(office: Office) -> dict[str, str]:
    return {row[0]: row[1] for row in cells(office) if len(row) == 2}


def rows(office: Office) -> list[list[str]]:
    """The runs, as the table shows them."""
    shown = (line.strip("│").split("│") for line in office.shown.splitlines() if line.startswith("│ 2026-"))
    return [[cell.strip() for cell in row] for row in shown]


def test_a_running_campaign(office: Office, world: World) -> None:
    put(world, "pen", Status.PENDING)
    put(world, "sen", Status.SENDING, period="2026-09")
    put(world, "fay", Status.FAILED)
    put(world, "bo", Status.BOUNCED)
    assert office.type("status") == 0
    assert facts(office) == {
        "messages": "1 waiting, 1 FAILED, 1 BOUNCED",
        "held": "1 message for you to decide: `held --period 2026-10` lists them",
        "other months": "1 message waiting as well, for the same slots",
        "without a slot": "2 messages, waiting for claim, or for a send that is late; "
        "what neither takes the sweeper brings back within 20 minutes",
        "campaign": "running",
        "pace": "900.0 of 900.0 mails a second",
        "in 24 hours": "0 slots without limit; a mail that is planned anew has had several",
        "run": "no run of 2026-10",
    }
    assert office.shown.startswith(
        "onlyonce-test, 2026-11-01 06:00:00 UTC\n2026-10: 1 of 3 messages done (33%), 1 waiting, 1 held\n"
    )
    assert f"\n{'█' * 20}{'░' * 40}\n" in office.shown


def test_one_period_alone(office: Office, world: World) -> None:
    put(world, "pen", Status.PENDING)
    put(world, "sen", Status.SENDING, period="2026-09")
    office.type("status", "2026-09")
    assert facts(office)["messages"] == "1 waiting"
    assert "held" not in facts(office)
    assert facts(office)["run"] == "no run of 2026-09"


def test_a_month_that_was_never_produced(office: Office, world: World) -> None:
    world.produce()
    with pytest.raises(UnavailableError, match=r"2019-01 was never produced\. Months that were: 2026-10"):
        office.type("status", "2019-01")


def test_mails_are_counted_as_mails_and_slots_as_slots(office: Office, world: World) -> None:
    """A pause takes the slots of those that wait, and they get others later."""
    world.produce()
    world.campaign().reserve(3)
    world.run()
    office.type("status")
    assert "2026-10: 3 of 3 messages done (100%), 0 waiting, 0 held" in office.shown
    assert facts(office)["in 24 hours"].startswith("5 slots")


def test_what_is_held_is_grouped_with_an_example(office: Office, world: World) -> None:
    for number in range(30):
        put(
            world,
            f"fay-{number}",
            Status.FAILED,
            last_error=f"no mailbox {number % 12}@example.com{'x' * (number % 12)}",
        )
    put(world, "una", Status.UNCERTAIN, last_error="its answer was lost")
    office.type("status")
    held = [row for row in cells(office) if len(row) == 4]
    assert held[0] == ["3", "FAILED", "no mailbox 0***@example.com", "fay-0"]
    assert len(held) == LISTED + 1
    assert held[-1][2] == "for other reasons, or not read"
    assert sum(int(row[0]) for row in held) == 31


def test_alarms_that_ring_and_what_can_not_be_read(office: Office) -> None:
    rings = {**alarm("PausedAlarm"), "StateValue": "ALARM"}
    office.aws.answer("cloudwatch", "describe_alarms", {"MetricAlarms": [rings, alarm("HeldAlarm")]})
    office.aws.answer("cloudwatch", "get_metric_data", DENIED)
    office.type("status")
    assert facts(office)["rings"] == "PausedAlarm: what PausedAlarm says"
    assert facts(office)["can't be read"].startswith("metrics: ")


def test_the_rate_now_and_how_late_the_last_wake_up_came() -> None:
    campaign = CampaignView(
        "running", "", None, None, rate=9.0, full_rate=9.0, slowed_at=None, daily=None, slots_in_24_hours=0, slots_ahead=0,
        planned_until=None, late_ms=2_500, rate_now=8.46,
    )  # fmt: skip
    view = MonthView(
        "x", Period.parse("2026-10"), datetime(2026, 11, 1, tzinfo=UTC), None, Counts(0, 0, {}), campaign, Waiting(0, "", None),
        (), 0, (), None,
    )  # fmt: skip
    told = dict(status.facts(view))
    assert told["rate now"] == "8.5 mails a second, as SES took them in the last whole minute"
    assert told["late"] == "the last wake-up came 2.5 s late"


def test_for_scripts(office: Office, world: World) -> None:
    put(world, "fay", Status.FAILED, last_error="no mailbox fay.x@example.com")
    world.produce()
    office.type("status", "--json")
    told = json.loads(office.shown)
    assert (told["period"], told["at"]) == ("2026-10", "2026-11-01T06:00:00.000Z")
    assert told["counts"] == {
        "total": 4, "waiting": 3, "statuses": {"FAILED": 1}, "counted_at": None, "held": 1, "accepted": 0,
    }  # fmt: skip
    assert told["held"] == [
        {"status": "FAILED", "reason": "no mailbox f***@example.com", "number": 1, "example": "fay"}
    ]
    assert told["run"]["state"] == "COMPLETED"
    assert told["run"]["started_at"] == "2026-11-01T06:00:00.000Z"


def test_paused_why_and_since_when(office: Office, world: World) -> None:
    world.campaign().pause("SES said 400 to ann.b@example.com")
    world.now += timedelta(hours=1)
    office.type("status")
    assert facts(office)["campaign"] == "PAUSED since 2026-11-01 06:00:00 UTC: SES said 400 to a***@example.com"


def test_it_backs_off_until(office: Office, world: World) -> None:
    world.campaign().back_off("the day's quota is spent")
    office.type("status")
    assert facts(office)["campaign"] == "waits until 2026-11-01 06:15:00 UTC: the day's quota is spent"
    world.now += timedelta(minutes=16)
    office.type("status")
    assert facts(office)["campaign"] == "running"


def test_a_slowed_pace_a_daily_quota_and_what_is_planned(office: Office, world: World) -> None:
    world.ses_client.rate, world.ses_client.daily = 10.0, 5000.0
    world.campaign().refresh_quota()
    world.campaign().slow_down()
    world.campaign().slow_down()
    world.campaign().reserve(63)
    world.now += timedelta(seconds=6)
    office.type("status")
    shown = facts(office)
    assert shown["pace"] == "6.3 of 9.0 mails a second (70%: SES refused at 2026-11-01 06:00:00 UTC)"
    assert shown["in 24 hours"] == "13 slots of 4,500; a mail that is planned anew has had several"
    assert shown["planned"] == "50 slots, until 2026-11-01 06:00:13 UTC"
    world.now += timedelta(days=2)
    office.type("status")
    assert facts(office)["in 24 hours"].startswith("0 slots of 4,500;")


def test_why_nothing_moves(office: Office, world: World) -> None:
    """Whatever stands in the way, it is said: a number that stays the same in silence looks like a loss."""
    for number in range(39):
        put(world, f"pen-{number}", Status.PENDING)
    world.campaign().pause("wrong text")
    office.type("status")
    assert facts(office)["they wait"] == "until `resume`"
    world.campaign().resume()
    office.type("status")
    after_a_halt = (
        "39 messages, waiting for the sweeper, which brings them back within 4 minutes, as many as the pace takes"
    )
    assert facts(office)["without a slot"] == after_a_halt
    world.campaign().back_off("the day's quota is spent")
    office.type("status")
    assert facts(office)["they wait"] == "until 2026-11-01 06:15:00 UTC"
    assert "without a slot" not in facts(office)
    world.now += timedelta(minutes=15)
    office.type("status")
    assert facts(office)["without a slot"] == after_a_halt


def test_why_nothing_moves_on_a_quota_that_is_too_small(office: Office, world: World) -> None:
    world.ses_client.rate, world.ses_client.daily = 10.0, 10.0
    world.campaign().refresh_quota()
    world.campaign().reserve(27)
    for number in range(40):
        put(world, f"pen-{number}", Status.PENDING)
    office.type("status")
    assert facts(office)["without a slot"] == "13 messages, waiting for a slot: those of the next 3 days are all taken"
    world.ses_client.daily = 0.0
    world.campaign().refresh_quota()
    office.type("status")
    assert facts(office)["they wait"] == "until the account may send: its quota is 0"


def test_the_run_of_the_month_and_those_before(office: Office, world: World) -> None:
    world.produce()
    RunRecords(world.control_table, world.clock).begin(Period.parse("2026-09"), by="request-9")
    office.type("status")
    assert facts(office)["run"] == "COMPLETED: 3 messages of 3 rows, 0 rejected, 0 unsubscribed"
    assert facts(office)["started"] == "2026-11-01 06:00:00 UTC, last sign 2026-11-01 06:00:00 UTC"
    (september,) = rows(office)
    assert september == ["2026-09", "RUNNING", "", "0", "0", "0", "2026-11-01 06:00", ""]


def test_a_run_with_which_nobody_goes_on_is_shown_however_old(office: Office, world: World) -> None:
    runs = RunRecords(world.control_table, world.clock)
    runs.ask_anew(runs.begin(Period.parse("2026-02"), by="request-2"))
    runs.begin(Period.parse("2026-03"), by="request-3")
    world.control_table.put({"name": "run#2026-01", "state": "RUNNING"})
    world.produce()
    world.now += timedelta(hours=1)
    office.type("status")
    assert sorted(row[:3] for row in rows(office)) == [
        ["2026-01", "UNREADABLE", ""],
        ["2026-02", "RUNNING", "(its query failed)"],
        ["2026-03", "RUNNING", "(nobody is at work)"],
    ]


def test_of_the_month_as_well_it_is_told_that_nobody_goes_on(office: Office, world: World) -> None:
    RunRecords(world.control_table, world.clock).begin(Period.parse("2026-10"), by="request-1")
    world.now += timedelta(hours=1)
    office.type("status")
    assert facts(office)["run"].startswith("RUNNING (nobody is at work): 0 messages")


def test_a_stopped_run_names_the_words_that_it_can_be_let_on_by(office: Office, world: World) -> None:
    world.rows[1] = {**world.rows[0], "total_minutes": "1"}
    world.produce()
    office.type("status", "2026-10")
    assert facts(office)["run"].startswith("STOPPED: ")
    assert facts(office)["stopped for"].startswith("twice: 1 rows are of a user who had another row before")
    assert "started by test" in office.shown


def test_how_far_claim_is_if_it_has_seen_nothing_for_a_minute(office: Office, world: World) -> None:
    world.produce()
    world.run()
    office.type("status")
    assert "last claimed" not in facts(office)
    world.now += timedelta(minutes=2)
    office.type("status")
    assert facts(office)["last claimed"] == "a message that changed at 2026-11-01 06:00:00 UTC"


def test_a_stack_on_which_nothing_has_run_is_left_as_it_is() -> None:
    world = World(0)
    world.forget_the_table()
    office = Office(world)
    office.aws.answer("cloudwatch", "get_metric_data", {"MetricDataResults": []})
    assert office.type("status") == 0
    assert facts(office)["campaign"] == "no record yet: nothing has run on this stack"
    assert facts(office)["run"] == "no run of 2026-10"
    assert world.control_table.items() == []


def test_when_it_will_be_done(office: Office, world: World) -> None:
    """Forty wait, ten of them have a slot; at 9 a second, and 22 a day."""
    world.ses_client.rate, world.ses_client.daily = 10.0, 25.0
    world.campaign().refresh_quota()
    world.campaign().reserve(10)
    for number in range(40):
        put(world, f"pen-{number}", Status.PENDING)
    office.type("status")
    assert facts(office)["done by"] == "2026-11-02 06:01:05 UTC"
