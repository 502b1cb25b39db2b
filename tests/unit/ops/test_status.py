from datetime import timedelta

from shared.outbox.states import Status
from shared.periods import Period
from shared.producing.run_records import RunRecords
from simulation.world import World
from tests.unit.ops.office import Office, put


def facts(office: Office) -> dict[str, str]:
    rows = (line.strip("│").split("│") for line in office.shown.splitlines() if line.startswith("│"))
    return {row[0].strip(): row[1].strip() for row in rows if len(row) == 2}


def rows(office: Office) -> list[list[str]]:
    """The runs, as the table shows them."""
    shown = (line.strip("│").split("│") for line in office.shown.splitlines() if line.startswith("│ 2026-"))
    return [[cell.strip() for cell in row] for row in shown]


def test_a_running_campaign(office: Office, world: World) -> None:
    put(world, "pen", Status.PENDING)
    put(world, "sen", Status.SENDING, period="2026-09")
    put(world, "fay", Status.FAILED)
    put(world, "san", Status.SENT)
    assert office.type("status") == 0
    assert facts(office) == {
        "campaign": "running",
        "pace": "900.0 of 900.0 mails a second",
        "in 24 hours": "0 slots without limit",
        "waiting (OPEN)": "2 messages",
        "without a slot": "2 messages, waiting for claim; what it does not get the sweeper brings back within 20 minutes",
        "held (HELD)": "1 message; `held` lists them",
    }
    assert office.shown.startswith("onlyonce-test, 2026-11-01 06:00:00 UTC\n")


def test_one_period_alone(office: Office, world: World) -> None:
    put(world, "pen", Status.PENDING)
    put(world, "sen", Status.SENDING, period="2026-09")
    office.type("status", "--period", "2026-09")
    assert facts(office)["waiting (OPEN)"] == "1 message of 2026-09"
    assert facts(office)["held (HELD)"] == "0 messages of 2026-09"
    assert "no run of 2026-09\n" in office.shown


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
    assert shown["in 24 hours"] == "13 slots of 4,500"
    assert shown["planned"] == "50 slots, until 2026-11-01 06:00:13 UTC"
    world.now += timedelta(days=2)
    office.type("status")
    assert facts(office)["in 24 hours"] == "0 slots of 4,500"


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
    assert facts(office)["without a slot"] == "13 messages, waiting for one: those of the next 3 days are all taken"
    world.ses_client.daily = 0.0
    world.campaign().refresh_quota()
    office.type("status")
    assert facts(office)["they wait"] == "until the account may send: its quota is 0"


def test_runs_of_the_last_months(office: Office, world: World) -> None:
    world.produce()
    RunRecords(world.control_table, world.clock).begin(Period.parse("2026-09"), by="request-9")
    office.type("status")
    october, september = rows(office)
    assert october == ["2026-10", "COMPLETED", "", "3", "0", "0", "2026-11-01 06:00", "2026-11-01 06:00"]
    assert september == ["2026-09", "RUNNING", "", "0", "0", "0", "2026-11-01 06:00", ""]


def test_a_run_with_which_nobody_goes_on_is_shown_however_old(office: Office, world: World) -> None:
    runs = RunRecords(world.control_table, world.clock)
    runs.ask_anew(runs.begin(Period.parse("2026-02"), by="request-2"))
    runs.begin(Period.parse("2026-03"), by="request-3")
    world.control_table.put({"name": "run#2026-01", "state": "RUNNING"})
    world.now += timedelta(hours=1)
    office.type("status")
    assert sorted(row[:3] for row in rows(office)) == [
        ["2026-01", "UNREADABLE", ""],
        ["2026-02", "RUNNING", "(its query failed)"],
        ["2026-03", "RUNNING", "(nobody is at work)"],
    ]


def test_a_stopped_run_names_the_words_that_it_can_be_let_on_by(office: Office, world: World) -> None:
    world.rows[1] = {**world.rows[0], "total_minutes": "1"}
    world.produce()
    office.type("status", "--period", "2026-10")
    (row,) = rows(office)
    assert row[:3] == ["2026-10", "STOPPED", "twice"]
    assert "stopped for twice: 1 rows are of a user who had another row before" in office.shown
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
    assert office.type("status") == 0
    assert facts(office)["campaign"] == "no record yet: nothing has run on this stack"
    assert "no run of 2026-11, 2026-10, 2026-09, 2026-08" in office.shown
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
