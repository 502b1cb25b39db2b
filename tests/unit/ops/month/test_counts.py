from datetime import datetime, timedelta

from ops.month.counts import Told, counts, waiting_everywhere
from ops.month.view import Counts
from shared.outbox.states import Status
from shared.periods import Period
from shared.times import from_text, to_text
from simulation.stack import PERIOD
from simulation.world import World
from tests.unit.ops.office import Office, put
from tests.unit.sweeping.laps import LATER

S = Status
OCTOBER = Period.parse(PERIOD)


def lap(world: World) -> datetime:
    """The sweeper counts the whole table."""
    world.now = from_text(to_text(world.now + LATER))
    world.accounting().go_on(lambda: True)
    return world.now


def of_october(office: Office, delivered: int | None = None, accepted: int = 0) -> Counts:
    told = None if delivered is None else Told(accepted, lambda _: delivered)
    return counts(office.session, OCTOBER, office.session.runs.get(OCTOBER), told)


def test_each_status_is_counted_and_mails_are_no_slots(office: Office, world: World) -> None:
    world.runs().begin(OCTOBER, "test")  # a month that is open is counted
    for number, status in enumerate(Status):
        for copy in range(number + 1):
            put(world, f"{status}-{copy}", status)
            put(world, f"{status}-{copy}", status, period="2026-09")
    counted_at = lap(world)
    found = of_october(office)
    waiting = {S.PENDING: 1, S.CLAIMED: 2, S.SENDING: 3}
    others = {status: number for number, status in enumerate(Status, 1) if status not in waiting}
    assert found == Counts(sum(range(1, 12)), 6, others, counted_at)
    assert found.held == others[S.FAILED] + others[S.UNCERTAIN]
    assert found.accepted == sum(others.values()) - found.held - others[S.CANCELLED]
    assert waiting_everywhere(office.session) == 12


def test_a_month_under_way_is_counted_without_reading_what_went_well(office: Office, world: World) -> None:
    world.produce()
    assert of_october(office) == Counts(3, 3, {})
    world.run()
    assert of_october(office) == Counts(3, 0, {S.SENT: 3}), "the table was not counted yet"
    counted_at = lap(world)
    assert of_october(office) == Counts(3, 0, {S.DELIVERED: 3}, counted_at)


def test_since_the_last_count_the_events_tell_what_was_delivered(office: Office, world: World) -> None:
    world.produce()
    counted_at = lap(world)
    world.run()
    assert of_october(office, 2) == Counts(3, 0, {S.SENT: 1, S.DELIVERED: 2}, counted_at)
    assert of_october(office, 99).statuses == {S.DELIVERED: 3}, "no more than went well"
    assert of_october(office, None).statuses == {S.SENT: 3}


def test_before_the_first_count_the_events_since_the_runs_start_tell_it(office: Office, world: World) -> None:
    world.produce()
    world.run()
    assert of_october(office, 2) == Counts(3, 0, {S.SENT: 1, S.DELIVERED: 2})


def test_what_went_out_before_the_producer_was_killed_is_counted(office: Office, world: World) -> None:
    """Its page is not noted: three were put, two of them went out, one of these bounced, and the record knows of none."""
    world.runs().begin(OCTOBER, "test")
    put(world, "ann", S.PENDING)
    put(world, "bob", S.BOUNCED)
    put(world, "cyd", S.DELIVERED)
    assert of_october(office, 0, accepted=2) == Counts(3, 1, {S.SENT: 1, S.BOUNCED: 1})
    assert of_october(office).total == 2, "without metrics it can't be seen"


def test_a_mail_that_is_sent_again_is_no_other_message(office: Office, world: World) -> None:
    world.produce()
    world.run()
    assert of_october(office, 0, accepted=5).total == 3
    world.runs().begin(OCTOBER, "test", attempt=1, again=True)
    assert of_october(office, 0, accepted=5).total == 3, "also while Athena is asked anew"


def test_a_month_whose_messages_have_expired_is_as_it_was_settled(office: Office, world: World) -> None:
    world.produce()
    world.run()
    put(world, "user-00001", S.BOUNCED)
    settled_at = lap(world)
    for user in range(3):
        world.outbox_table.remove({"user_id": f"user-{user:05}", "period": PERIOD})
    world.now += timedelta(days=431)
    assert of_october(office) == Counts(3, 0, {S.DELIVERED: 2, S.BOUNCED: 1}, settled_at)


def test_a_settled_month_that_is_opened_again_is_not_taken_for_settled(office: Office, world: World) -> None:
    """As after `produce --again`, or a restore, until the table is counted again."""
    world.produce()
    world.run()
    lap(world)
    world.accounting().restart()
    world.open_runs().open_again()
    assert "settled_statuses" in (office.session.runs.get(OCTOBER) or {})
    assert of_october(office, 2) == Counts(3, 0, {S.SENT: 1, S.DELIVERED: 2})
    world.now += timedelta(days=431)
    assert of_october(office, 2).counted_at is None


def test_a_month_that_was_never_produced_has_nothing(office: Office) -> None:
    assert of_october(office) == Counts(0, 0, {})
