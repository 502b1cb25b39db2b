"""A task of Airflow that sends: what it takes, what it waits for, and what it leaves to others."""

from datetime import timedelta

import pytest

from dags.sending import AGAIN, AHEAD, FED_AT_MOST, LOOK_S, TAKEN_WITHIN, TURNS, Done, Later, ahead, left_behind
from handlers import claim
from shared.errors import ForeignTableError
from shared.keys import Key
from shared.outbox.states import Status
from shared.outbox.table_pin import KEY as PIN
from shared.pacing.pace import MICROSECOND
from shared.pacing.plan import LEAD_US
from shared.periods import Period
from shared.times import to_text
from simulation.airflow import attempt
from simulation.stack import PERIOD
from simulation.world import World
from tests.unit.handlers.actors import put


@pytest.fixture
def world() -> World:
    world = World(30)
    world.produce()
    return world


def keys(world: World) -> list[Key]:
    return [Key(str(row["user_id"]), PERIOD) for row in world.rows]


def test_every_user_of_a_chunk_gets_one_mail(world: World) -> None:
    done = attempt(world, "a", keys(world))
    assert done == Done(statuses={"SENT": 30}, missing=0)  # type: ignore[arg-type]  # a Counter is equal to a dict
    assert set(world.mails().values()) == {1}
    assert len(world.mails()) == 30


def test_a_chunk_that_is_done_sends_nothing_when_it_runs_again(world: World) -> None:
    attempt(world, "a", keys(world))
    assert isinstance(attempt(world, "a", keys(world)), Done)
    assert isinstance(attempt(world, "b", keys(world)), Done)
    assert len(world.ses_client.inbox) == 30


def test_what_another_task_has_claimed_is_left_to_it(world: World) -> None:
    (first, *_), outbox = keys(world), world.outbox()
    outbox.claim(first, "another", "execution", world.now, 0, timedelta(minutes=15))
    done = attempt(world, "a", keys(world))
    assert isinstance(done, Done)
    assert done.statuses == {"SENT": 29, "CLAIMED": 1}


def test_what_an_earlier_try_has_claimed_is_sent_with_the_same_claim(world: World) -> None:
    (first, *_), outbox = keys(world), world.outbox()
    claimed = outbox.claim(first, "a", "execution", world.now, 0, timedelta(minutes=15))
    done = attempt(world, "a", keys(world))
    assert isinstance(done, Done)
    assert done.statuses == {"SENT": 30}
    sent = outbox.get(first)
    assert sent is not None
    assert sent.fence == claimed.fence


def test_users_without_a_message_are_counted(world: World) -> None:
    done = attempt(world, "a", [*keys(world), Key("nobody", PERIOD)])
    assert isinstance(done, Done)
    assert done.missing == 1


def test_while_the_campaign_is_paused_it_waits_and_claims_nothing(world: World) -> None:
    world.campaign().state()
    world.campaign().pause("a test")
    assert attempt(world, "a", keys(world)) == Later(world.now + AGAIN, "a test")
    assert set(world.statuses().values()) == {Status.PENDING}
    world.campaign().resume()
    assert isinstance(attempt(world, "a", keys(world)), Done)


def test_while_the_campaign_backs_off_it_waits_until_that_is_over(world: World) -> None:
    world.campaign().state()
    world.campaign().back_off("the day is spent")
    later = attempt(world, "a", keys(world))
    assert later == Later(world.campaign().state().backs_off_until or world.now, "the day is spent")
    assert world.ses_client.inbox == []


def test_what_no_slot_is_left_for_today_waits_for_tomorrow_outside_the_worker(world: World) -> None:
    world.ses_client.daily, world.ses_client.rate = 20.0, 4.0
    world.campaign().refresh_quota()
    began = world.now
    later = attempt(world, "a", keys(world))
    assert isinstance(later, Later)
    assert later.at > began + timedelta(hours=23)
    assert len(world.ses_client.inbox) == 18  # a tenth is left to others
    statuses = list(world.statuses().values())
    assert statuses.count("CLAIMED") < 4  # what was claimed together with the day's last
    assert statuses.count("PENDING") > 8
    world.now = later.at
    assert isinstance(attempt(world, "a", keys(world)), Done)
    assert len(world.mails()) == len(world.ses_client.inbox) == 30


def test_a_foreign_table_is_left_as_it_is(world: World) -> None:
    world.control_table.put({**PIN, "table_id": "another"})
    with pytest.raises(ForeignTableError):
        attempt(world, "a", keys(world))
    assert set(world.statuses().values()) == {Status.PENDING}


def test_an_item_that_cant_be_read_holds_up_no_other(world: World) -> None:
    put(world, Status.PENDING, Key("odd", PERIOD), email=7)
    done = attempt(world, "a", [Key("odd", PERIOD), *keys(world)])
    assert isinstance(done, Done)
    assert done.statuses == {"SENT": 30, "PENDING": 1}


def test_what_nobody_takes_is_left_behind_however_often_the_sweeper_nudges_it(world: World) -> None:
    october = Period.parse(PERIOD)
    assert left_behind(world.outbox(), october, world.now) == []  # somebody may be about to claim them
    world.now += TAKEN_WITHIN + timedelta(seconds=1)
    (first, *_) = keys(world)
    message = world.outbox().get(first)
    assert message is not None
    world.outbox().nudge(message, 1, world.now)
    assert set(left_behind(world.outbox(), october, world.now)) == set(keys(world))
    assert left_behind(world.outbox(), october.next, world.now) == []


def test_what_is_claimed_or_cant_be_read_is_not_left_behind(world: World) -> None:
    (first, *others) = keys(world)
    put(world, Status.PENDING, Key("odd", PERIOD), email=7, unfinished="OPEN#0", due_at=to_text(world.now))
    world.outbox().claim(first, "another", "execution", world.now, 0, timedelta(minutes=15))
    world.now += TAKEN_WITHIN + timedelta(seconds=1)
    assert set(left_behind(world.outbox(), Period.parse(PERIOD), world.now)) == set(others)


def test_the_line_is_kept_longer_than_claims_lead_by_every_task() -> None:
    """Else claim would begin it anew each time, with a gap."""
    portion = FED_AT_MOST * claim.CLAIMING
    lines = [ahead(turn) for turn in range(2 * TURNS)]
    assert min(lines) > LEAD_US * MICROSECOND + timedelta(seconds=LOOK_S) + portion
    assert lines[0] == AHEAD
    assert len(set(lines)) == TURNS
