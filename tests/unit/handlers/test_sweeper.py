"""sweeper: what got stuck is brought back, and what can't be read holds nothing up."""

from datetime import timedelta
from typing import Any

import pytest

from shared.errors import FunctionStartError
from shared.keys import SHARDS, Key
from shared.outbox.states import FINAL, HELD, Status
from shared.outbox.transitions import CONFIRM
from shared.periods import Period
from shared.producing.run import LEASE, Written
from shared.sweeping.remedies import Remedy
from shared.times import to_text
from simulation.stack import PERIOD
from simulation.world import World
from tests.unit.handlers.actors import KEY, item, put, status

OVER = "2026-11-01T05:00:00.000Z"
AGES_AGO = {"produce": "2026-10-01T05:00:00.000Z"}
NEIGHBOUR = next(key for n in range(1000) if (key := Key(f"user-{n}", "2026-10")).shard == KEY.shard)


@pytest.fixture
def world() -> World:
    return World(0)


@pytest.mark.parametrize(
    ("present", "attempt", "did", "then"),
    [
        (Status.CLAIMED, 2, "expire_claim", "PENDING"),
        (Status.CLAIMED, 5, "exhaust", "FAILED"),
        (Status.SENDING, 2, "expire_send", "UNCERTAIN"),
        (Status.SENDING, 5, "expire_send", "UNCERTAIN"),
        (Status.PENDING, 2, "nudge", "PENDING"),
    ],
)
def test_what_is_stuck_is_brought_back(world: World, present: Status, attempt: int, did: str, then: str) -> None:
    put(world, present, attempt=attempt, lease_expires_at=OVER, history=AGES_AGO)
    streamed = len(world.outbox_table.stream)
    assert world.sweep() == {did: 1}
    assert status(world) == then
    assert item(world)["fence"] == (3 if did == "nudge" else 4)
    assert ("last_error" in item(world)) == (did != "nudge"), "it says why"
    assert len(world.outbox_table.stream) == streamed + 1
    assert world.telemetry.events == [did]


def test_a_remedy_that_no_write_stands_for_is_told_and_not_passed_over(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.sweeping.sweep.remedy_for", lambda *_: Remedy(CONFIRM))
    before = put(world, history=AGES_AGO)
    assert world.sweep() == {}
    assert (item(world), world.telemetry.events) == (before, ["sweep_refused"])


@pytest.mark.parametrize("present", [Status.CLAIMED, Status.SENDING])
def test_what_is_being_worked_on_is_looked_at_again_later(world: World, present: Status) -> None:
    put(world, present, attempt=1, lease_expires_at="2026-11-01T06:04:00.000Z")
    assert world.sweep() == {"postpone": 1}
    assert (status(world), item(world)["due_at"]) == (present, "2026-11-01T06:04:06.000Z")
    assert world.sweep() == {}


@pytest.mark.parametrize("present", sorted(FINAL | HELD))
def test_what_waits_for_nobody_or_an_operator_is_left_alone(world: World, present: Status) -> None:
    before = put(world, present, lease_expires_at=OVER, history=AGES_AGO)
    assert world.sweep() == {}
    assert item(world) == before


def test_a_paused_campaign_is_not_nudged(world: World) -> None:
    put(world, history=AGES_AGO)
    world.campaign().pause("why")
    assert world.sweep() == {"postpone": 1}


@pytest.mark.parametrize(
    "changes",
    [
        {"fence": "3"},
        {"attempt": None},
        {"email": None},
        {"history": None},
        {"history": {"claim": "yesterday"}},
        {"history": {"claim": 5}},
        {"lease_expires_at": "soon"},
        {"nudges": "many"},
        {"nudges": 10**6},
        {"nudges": -(10**6)},
        {"due_at": "1"},
        {"status": "LOST"},
        {"unfinished": f"OPEN#{KEY.shard}", "status": None},
    ],
)
def test_a_malformed_item_holds_nothing_up(world: World, changes: dict[str, Any]) -> None:
    """It comes first in its shard, and whatever the sweeper makes of it, the others get what they need."""
    put(world, **{"history": AGES_AGO, "due_at": OVER, **changes})
    put(world, Status.CLAIMED, NEIGHBOUR, lease_expires_at=OVER, due_at="2026-11-01T05:30:00.000Z")
    done = world.sweep()
    assert status(world, NEIGHBOUR) == "PENDING"
    assert done["expire_claim"] == 1
    assert len(world.telemetry.refusals) == 1 or "nudge" in done


@pytest.mark.parametrize("present", [Status.CLAIMED, Status.SENDING])
def test_a_holder_without_a_lease_does_not_hold_for_ever_in_silence(world: World, present: Status) -> None:
    put(world, present, lease_expires_at=None, due_at=OVER)
    world.sweep()
    assert world.telemetry.events == ["sweep_refused"]


def test_two_sweepers_at_once_do_one_ones_work(world: World) -> None:
    put(world, Status.CLAIMED, lease_expires_at=OVER)
    looked = world.outbox_table.get(KEY._asdict())
    world.sweep()
    assert looked is not None
    assert world.sweep() == {"postpone": 1}
    assert item(world)["fence"] == looked["fence"] + 1


def test_a_sweep_stops_in_time_and_goes_on_next_time(world: World) -> None:
    for number in range(20):
        put(world, Status.CLAIMED, Key(f"user-{number}", "2026-10"), lease_expires_at=OVER)
    assert world.sweep(remaining_ms=lambda: 9_000) == {}
    assert world.telemetry.events == ["sweep_interrupted"]
    assert world.sweep() == {"expire_claim": 20}


def test_every_shard_is_swept(world: World) -> None:
    keys = [Key(f"user-{number}", "2026-10") for number in range(60)]
    assert {key.shard for key in keys} == set(range(SHARDS))
    for key in keys:
        put(world, Status.SENDING, key, lease_expires_at=OVER)
    assert world.sweep() == {"expire_send": 60}


def test_the_quota_is_refreshed(world: World) -> None:
    world.campaign().state()
    world.ses_client.rate = 50.0
    world.sweep()
    assert world.campaign().state().pace.rate == pytest.approx(45)


def test_a_message_the_stream_lost_is_nudged_until_it_is_claimed(world: World) -> None:
    put(world, history={"produce": "2026-11-01T05:00:00.000Z"})
    for _ in range(3):
        assert world.sweep() == {"nudge": 1}
        assert world.sweep() == {}
        world.now += timedelta(hours=7)
    world.claim(world.outbox_table.stream[-1:])
    assert status(world) == "CLAIMED"


def test_each_nudge_is_counted_and_the_gap_grows_with_it(world: World) -> None:
    put(world, history={"produce": "2026-11-01T05:00:00.000Z"})
    for nudges, gap_min in ((1, 10), (2, 20), (3, 40), (4, 80)):
        assert world.sweep() == {"nudge": 1}
        assert item(world)["nudges"] == nudges
        assert item(world)["due_at"] == to_text(world.now + timedelta(minutes=gap_min))
        world.now += timedelta(minutes=gap_min)
    assert world.telemetry.events.count("nudged_in_vain") == 1, "from the fourth on"


def test_a_sweep_without_one_that_is_nudged_in_vain_says_so(world: World) -> None:
    """Without a measurement an alarm looks further back (source: alarm-missing)."""
    world.sweep()
    assert world.telemetry.gauges["nudged_in_vain"] == 0
    assert world.telemetry.events == []


def test_each_sweep_tells_the_mails_a_second_that_are_allowed_now(world: World) -> None:
    world.sweep()
    full = world.telemetry.gauges["pace"]
    assert full == world.campaign().state().pace.rate > 0
    world.campaign().slow_down(kept_refusing=True)
    world.sweep()
    assert world.telemetry.gauges["pace"] == pytest.approx(0.7 * full)


def test_a_stack_that_never_knew_its_quota_tells_no_pace(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.pacing.campaign.Campaign.refresh_quota", lambda _: 1 / 0)
    world.sweep()
    assert "pace" not in world.telemetry.gauges
    assert world.telemetry.gauges["paused"] == 0


# --- producers that fell silent --------------------------------------------------------------------------------------
def test_a_month_with_which_nobody_goes_on_is_told_by_every_sweep(world: World) -> None:
    world.sweep()
    run = world.runs().begin(Period.parse(PERIOD), "test")
    world.sweep()
    assert world.telemetry.gauges["runs_waiting"] == 0
    world.runs().stop(run, {"fewer": "why"})
    for _ in range(3):
        world.sweep()
        assert world.telemetry.gauges.pop("runs_waiting") == 1


def test_a_malformed_run_record_holds_no_message_up(world: World) -> None:
    world.control_table.put({"name": "run#2026-10", "state": "RUNNING"})
    put(world, Status.CLAIMED, lease_expires_at="2026-11-01T05:00:00.000Z")
    assert world.sweep() == {"expire_claim": 1}
    assert world.telemetry.gauges["runs_waiting"] == 1


OCTOBER = Period.parse(PERIOD)


def test_a_producer_that_fell_silent_is_started_once_a_sweep_until_it_lives(world: World) -> None:
    world.runs().begin(OCTOBER, "killed")
    world.sweep()
    world.now += LEASE
    world.sweep()
    assert world.producers.started == [], "its lease is not over"
    world.now += timedelta(seconds=1)
    for sweeps in (1, 2):
        world.sweep()
        assert world.producers.started == [{"period": PERIOD}] * sweeps
    assert world.telemetry.events.count("producer_resumed") == 2
    world.runs().begin(OCTOBER, "started again")
    world.sweep()
    assert len(world.producers.started) == 2


def test_each_month_that_is_silent_is_resumed(world: World) -> None:
    for period in (OCTOBER, OCTOBER.previous, OCTOBER.next):
        world.runs().begin(period, "killed")
    world.now += 2 * LEASE
    world.sweep()
    assert sorted(event["period"] for event in world.producers.started) == ["2026-09", "2026-10", "2026-11"]


def test_a_producer_that_let_go_is_resumed_at_once(world: World) -> None:
    run = world.runs().begin(OCTOBER, "out of time")
    world.runs().let_go(run)
    world.now += timedelta(seconds=1)
    world.sweep()
    assert world.producers.started == [{"period": PERIOD}]


@pytest.mark.parametrize("ending", ["stopped", "completed", "failed query"])
def test_a_run_that_waits_for_nobody_or_for_somebody_is_not_resumed(world: World, ending: str) -> None:
    runs = world.runs()
    run = runs.begin(OCTOBER, "test")
    match ending:
        case "stopped":
            runs.stop(run, {"fewer": "why"})
        case "completed":
            runs.complete(run, Written())
        case "failed query":
            runs.ask_anew(run)
    world.now += 2 * LEASE
    world.sweep()
    assert world.producers.started == []


def test_a_producer_that_cannot_be_started_holds_nobody_up(world: World) -> None:
    def refuse(_: Any) -> None:
        raise FunctionStartError("Rate exceeded")

    world.runs().begin(OCTOBER, "killed")
    world.now += 2 * LEASE
    put(world, Status.CLAIMED, lease_expires_at=OVER)
    producers: Any = world.producers
    start = producers.start
    producers.start = refuse
    assert world.sweep() == {"expire_claim": 1}
    assert world.telemetry.refusals == ["Rate exceeded"]
    producers.start = start
    world.sweep()
    assert world.producers.started == [{"period": PERIOD}]
