"""send: where those go that come too late for their slots."""

from datetime import timedelta
from itertools import pairwise

import pytest

from shared.keys import Key
from shared.outbox.states import Status
from shared.pacing.lateness import crowd
from shared.sending.slots import LOOK_US
from shared.times import from_micros, to_micros
from simulation.world import World
from tests.unit.handlers.actors import KEY, control_item, item, order, put, status
from tests.unit.handlers.sending import asked_at, claimed, later_ticket, opened

BOB = Key("bob", "2026-10")
SECOND = timedelta(seconds=1)


@pytest.fixture
def world() -> World:
    return opened(World(0))


def test_one_that_is_late_goes_out_at_once_beside_the_timetable(world: World) -> None:
    claimed(world)
    before = world.campaign().state().timetable
    world.now += 30 * SECOND
    world.send(order(world))
    state = world.campaign().state()
    assert (status(world), asked_at(world), item(world)["ticket"]) == ("SENT", world.now, 0)
    assert (state.lane.issued, state.late_run) == (1, 1)
    assert state.timetable == before, "nobody else moves for it"
    assert world.telemetry.events.count("late") == 1
    assert "put_off" not in world.telemetry.events


def test_how_late_an_order_wakes_up_is_told(world: World) -> None:
    claimed(world)
    given = order(world)
    world.now += 30 * SECOND
    world.send(given)
    assert world.telemetry.gauges["wake_late_ms"] == pytest.approx(30_000, abs=1_000)


def test_a_long_wait_for_the_lane_is_counted_as_put_off() -> None:
    world, (key,) = late_together(rate=10, number=1)
    world.now += 30 * SECOND
    lane = {"late": 1, "late_first": 0, "lane_cut_us": to_micros(world.now + 4 * SECOND)}
    world.control_table.put({**control_item(world), **lane})
    world.send(order(world, key))
    assert [one for one in world.telemetry.events if one in ("late", "put_off")] == ["late", "put_off"]


def test_what_an_earlier_round_has_done_with_takes_no_place(world: World) -> None:
    claimed(world)
    given = order(world)
    world.send(given)
    world.now += 30 * SECOND
    world.send(given)
    assert world.campaign().state().lane.issued == 0
    assert "send_lost" in world.telemetry.events


def test_late_ones_pass_the_lane_one_after_the_other() -> None:
    """Where ten a second are sent, the lane takes one a second beside a small burst."""
    world, keys = late_together(rate=10, number=4)
    world.now += 20 * SECOND
    for key in keys:
        world.send(order(world, key))
    gaps = [later - earlier for earlier, later in pairwise(world.ses_client.asked_at)]
    assert [round(gap.total_seconds(), 2) for gap in gaps] == [0, 1.11, 1.11]
    assert set(world.statuses().values()) == {"SENT"}


def late_together(rate: float, number: int) -> tuple[World, list[Key]]:
    """So many claims whose slots follow on each other from now on; each is tried by its own execution. Many more wait behind."""
    world = World(0)
    world.ses_client.rate = rate
    world.campaign().reserve(number + 1000, lead_us=0)
    keys = [Key(f"user-{one}", "2026-10") for one in range(number)]
    for ticket, key in enumerate(keys):
        put(world, Status.CLAIMED, key, ticket=ticket)
    return world, keys


def test_those_of_an_order_that_are_in_time_go_before_one_whose_place_is_ahead() -> None:
    """Else one that is late would make all behind it late, and these would need places as well."""
    world, keys = late_together(rate=10, number=16)
    slots = [from_micros(world.campaign().state().timetable.slot(ticket)) for ticket in range(16)]
    world.now = slots[8]
    lane = {"late": 1, "late_first": 0, "lane_cut_us": to_micros(world.now - 0.6 * SECOND)}
    world.control_table.put({**control_item(world), **lane})
    world.send(order(world, *keys[:2], *keys[8:]))
    users = [mail.recipient.partition("@")[0] for mail in world.ses_client.inbox]
    asked = dict(zip(users, world.ses_client.asked_at, strict=True))
    assert users == [f"user-{number}" for number in (8, 9, 10, 11, 12, 0, 13, 14, 15, 1)]
    assert [asked[f"user-{number}"] for number in range(8, 16)] == slots[8:]
    assert world.campaign().state().lane.issued == 3, "each takes one place, however often it gives way"


def test_one_that_is_late_does_not_wait_again_for_those_behind_it_whose_slots_are_far() -> None:
    """To wait again would cost it its place."""
    world, keys = late_together(rate=10, number=60)
    world.now += 2 * SECOND
    slots = [from_micros(world.campaign().state().timetable.slot(ticket)) for ticket in range(60)]
    far = next(ticket for ticket in range(60) if slots[ticket] - world.now > 3.2 * SECOND)
    lane = {"late": 1, "late_first": 0, "lane_cut_us": to_micros(world.now + 2.8 * SECOND)}
    world.control_table.put({**control_item(world), **lane})
    world.send(order(world, keys[0], keys[far]))
    assert [mail.recipient.partition("@")[0] for mail in world.ses_client.inbox] == [f"user-{far}", "user-0"]
    assert world.ses_client.asked_at[0] == slots[far]


def test_only_an_order_that_woke_up_in_time_says_that_not_all_are_late() -> None:
    """In one that woke up late those are in time that come seconds later."""
    world, keys = late_together(rate=10, number=30)
    world.now += 2 * SECOND
    world.send(order(world, keys[0], *keys[20:]))
    assert world.campaign().state().late_run == 1
    assert set(world.statuses().values()) == {"SENT", "CLAIMED"}


def test_that_a_run_again_order_is_late_says_nothing_of_others() -> None:
    """Its worker had died. It takes a place as any other, and no wake-up was late."""
    world, keys = late_together(rate=10, number=1)
    world.now += 20 * SECOND
    world.send({**order(world, keys[0]), "retries": 1})
    state = world.campaign().state()
    assert (state.lane.issued, state.late_run, status(world, keys[0])) == (1, 0, "SENT")
    assert "wake_late_ms" not in world.telemetry.gauges


def test_one_that_waits_in_the_lane_looks_again_and_finds_its_slot_back() -> None:
    """Others have told meanwhile that everybody is late: the timetable has moved back, and its slot is ahead."""
    world, keys = late_together(rate=10, number=4)
    world.now += 20 * SECOND
    for key in keys[:3]:  # the burst, and one that waits for the lane's next place
        world.campaign().catch_up(keys.index(key), 0)
    slept: list[float] = []

    def moves_while_it_sleeps(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 1:
            for other in (1, 0):
                world.campaign().catch_up(other, 0)
        world.now += SECOND * seconds

    world._sleep = moves_while_it_sleeps  # type: ignore[method-assign]
    world.send(order(world, keys[3]))
    assert slept[0] == LOOK_US / 1e6, "it looks before its place comes"
    state = world.campaign().state()
    assert asked_at(world) == from_micros(state.timetable.slot(3)), "in its own slot, which is back"
    assert status(world, keys[3]) == "SENT"


def test_a_crowd_of_late_ones_moves_the_timetable() -> None:
    """Nobody was in time between them: everybody is late, and then is in time again."""
    world, keys = late_together(rate=10, number=8)
    before = world.campaign().state().timetable
    world.now += 20 * SECOND
    asked = []
    for key in keys[: crowd(world.campaign().state().pace)]:
        world.campaign().catch_up(keys.index(key), 0)
    after = world.campaign().state().timetable
    assert after.slot(7) - before.slot(7) >= 20 * 1_000_000
    for key in keys[5:]:
        world.send(order(world, key))
        asked.append(world.ses_client.asked_at[-1])
    assert [to_micros(at) for at in asked] == [after.slot(ticket) for ticket in (5, 6, 7)]
    assert world.campaign().state().late_run == 0


def test_one_in_time_ends_the_run_of_late_ones(world: World) -> None:
    """Else many single ones that are late would make a crowd in the end."""
    world.ses_client.rate = 4
    world.campaign().refresh_quota()
    claimed(world)
    put(world, Status.CLAIMED, BOB, ticket=later_ticket(world, SECOND)[0])
    world.send(order(world, KEY))
    assert world.campaign().state().late_run == 1
    world.send(order(world, BOB))
    assert world.campaign().state().late_run == 0


def test_where_the_lane_is_full_it_takes_the_timetables_next_slot() -> None:
    """Those behind move back by one, and its slot is some seconds away, not hours."""
    world, _ = late_together(rate=10, number=1000)
    world.now += 50 * SECOND
    in_time, slots = world.campaign().state(), []
    for ticket in range(20):
        world.campaign().came_in_time(1000 - ticket, world.campaign().state().timetable.slot(1000 - ticket), 0)
        place = world.campaign().catch_up(ticket, 0)
        assert place is not None
        slots += [] if place.in_lane else [place.at_us]
    assert slots
    assert max(slots) - to_micros(world.now) < 24 * 1_000_000
    assert world.campaign().state().timetable.slot(999) > in_time.timetable.slot(999)
    assert len(set(slots)) == len(slots)


def test_no_room_and_it_is_given_back() -> None:
    """Late, and the day's quota is spent for hours: it waits in PENDING, unasked."""
    world = World(0)
    world.ses_client.rate, world.ses_client.daily = 10, 40
    world.campaign().reserve(36, lead_us=0)
    world.campaign().reserve(36)  # tomorrow's
    claimed(world, KEY, BOB)
    world.now += 60 * SECOND
    full = {"late": 1000, "late_first": 0}
    world.control_table.put({**control_item(world), **full, "lane_cut_us": to_micros(world.now)})
    assert world.send(order(world, KEY, BOB))["claims"] == []
    assert (status(world), status(world, BOB), world.ses_client.asks) == ("PENDING", "PENDING", 0)
    assert "no slot is free for now" in item(world)["last_error"]
    assert item(world)["attempt"] == 1
    assert "put_off" in world.telemetry.events
