"""Messages and claims of a later release: every function leaves them alone, and that release takes them up again."""

from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from shared.errors import NewerFormatError
from shared.keys import Key
from shared.outbox import formats
from shared.outbox.states import Status
from simulation.stack import PERIOD
from simulation.world import World
from tests.unit.handlers.actors import KEY, item, order, put, record, status
from tests.unit.handlers.sending import claimed, opened
from tests.unit.handlers.test_feedback import event
from tests.unit.sweeping.laps import LATER

NEWER: dict[str, Any] = {formats.FORMAT: formats.KNOWN + 1, "what only it knows": "of a later release"}
NEIGHBOUR = next(key for n in count() if (key := Key(f"user-{n}", PERIOD)).shard == KEY.shard)
OVER = "2026-11-01T05:00:00.000Z"
AGES_AGO = {"produce": "2026-10-01T06:00:00.000Z"}
USERS, RATE = 40, 5


@pytest.fixture
def world() -> World:
    return opened(World(0))


def test_claim_passes_it_over_and_the_stream_goes_on(world: World) -> None:
    image = put(world, **NEWER)
    assert world.claim([record(world, image, 1), record(world, put(world, Status.PENDING, NEIGHBOUR), 2)]) == {
        "batchItemFailures": []
    }
    assert (item(world), status(world, NEIGHBOUR)) == (image, "CLAIMED")
    assert world.telemetry.events == ["newer_format", "claim"]


def test_it_takes_no_place_in_the_timetable(world: World) -> None:
    before = world.campaign().state().issued
    world.claim([record(world, put(world, **NEWER))])
    assert world.campaign().state().issued == before


def test_one_that_was_put_in_by_hand_is_not_completed(world: World) -> None:
    by_hand = {**KEY._asdict(), "status": "PENDING", "email": "ann@example.com", "data": {}, **NEWER}
    world.outbox_table.put(by_hand)
    world.claim([record(world, by_hand)])
    assert item(world) == by_hand


@pytest.mark.parametrize("action", ["send", "reschedule", "give_back"])
def test_send_ends_before_it_writes_where_the_claim_is_of_a_later_release(world: World, action: str) -> None:
    claimed(world)
    before, wanted = item(world), order(world, action=action)
    wanted["claims"] = [{**claim, **NEWER} for claim in wanted["claims"]]
    with pytest.raises(NewerFormatError, match=r"in format 2; this one knows the formats up to 1"):
        world.send(wanted)
    assert (item(world), world.telemetry.events, world.mails()) == (before, ["newer_format"], {})


@pytest.mark.parametrize("claim", [{}, {"claimed": ["ann", PERIOD]}])
def test_nothing_else_of_such_a_claim_is_looked_at(world: World, claim: dict[str, Any]) -> None:
    with pytest.raises(NewerFormatError):
        world.send(order(world, claims=[{**claim, **NEWER}]))


def test_send_leaves_such_a_message_and_sends_the_others(world: World) -> None:
    claimed(world, KEY, NEIGHBOUR)
    before = put(world, Status.CLAIMED, **NEWER)
    with pytest.raises(NewerFormatError):
        world.send(order(world, KEY, NEIGHBOUR))
    assert (item(world), dict(world.mails())) == (before, {NEIGHBOUR.user_id: 1})


def test_such_a_message_is_not_rescheduled_and_the_others_are(world: World) -> None:
    claimed(world, KEY, NEIGHBOUR)
    before = put(world, Status.CLAIMED, **NEWER)
    kept = world.send(order(world, KEY, NEIGHBOUR, action="reschedule"))["claims"]
    assert (item(world), [claim["user_id"] for claim in kept]) == (before, [NEIGHBOUR.user_id])


@pytest.mark.parametrize("present", [Status.PENDING, Status.CLAIMED, Status.SENDING])
def test_the_sweeper_leaves_it_tells_of_it_and_goes_on_with_the_others(world: World, present: Status) -> None:
    before = put(world, present, **NEWER, due_at=OVER, lease_expires_at=OVER, history=AGES_AGO)
    put(world, Status.CLAIMED, NEIGHBOUR, lease_expires_at=OVER, due_at="2026-11-01T05:30:00.000Z")
    assert world.sweep() == {"expire_claim": 1}
    assert (item(world), world.telemetry.gauges["newer_format"]) == (before, 1)
    assert [name for name in world.telemetry.events if "newer" in name] == ["newer_format_found"]


def test_without_one_there_is_nothing_to_tell(world: World) -> None:
    put(world, Status.CLAIMED, due_at=OVER)
    world.sweep()
    assert world.telemetry.gauges["newer_format"] == 0
    assert world.telemetry.refusals == []


@pytest.mark.parametrize(("kind", "then"), [("Send", "SENT"), ("Delivery", "DELIVERED"), ("Bounce", "BOUNCED")])
def test_what_ses_tells_of_it_is_noted_and_everything_else_stays(world: World, kind: str, then: str) -> None:
    """A mail that SES has taken must be known to be out, whichever release looks next."""
    put(world, Status.UNCERTAIN, **NEWER)
    world.feed_back(event(kind))
    assert status(world) == then
    assert {name: item(world)[name] for name in NEWER} == NEWER
    assert world.telemetry.refusals == []


def test_the_accounts_count_it_by_what_every_format_has_alike() -> None:
    world = World(3)
    world.produce()
    waiting, sent, _ = world.messages()
    world.outbox_table.put({**waiting, **NEWER, "data": ["of another shape"]})
    world.outbox_table.put({**sent, **NEWER, "status": "SENT"})
    world.now += LATER
    report = world.accounting().go_on(lambda: True)
    (sums,) = report.closed.values()
    assert (sums.produced, sums.waiting, sums.final) == (3, 2, 1)
    assert (report.unaccounted, report.findings, report.refiled) == (0, [], 0)


def test_what_was_produced_last_before_a_rollback_waits_for_the_way_forward(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(USERS)
    monkeypatch.setattr(formats, "WRITTEN", 2)
    world.produce()
    before = world.messages()
    world.run(sweeps=40)
    assert world.messages() == before
    assert world.states_client.executions == {}

    monkeypatch.setattr(formats, "KNOWN", 2)
    world.run()
    assert world.mails() == {f"user-{number:05}": 1 for number in range(USERS)}


def test_a_month_that_is_rolled_back_in_the_middle_and_brought_forward_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The release that writes the next format, the one before, and the first one again; claims wait for their slots."""
    world = World(USERS)
    world.ses_client.rate = RATE
    monkeypatch.setattr(formats, "WRITTEN", 2)
    monkeypatch.setattr(formats, "KNOWN", 2)
    world.produce()
    world.later(timedelta(seconds=8), lambda: monkeypatch.setattr(formats, "KNOWN", 1))
    world.run(sweeps=40)
    sent_before = dict(world.mails())
    assert 0 < len(sent_before) < USERS
    left = {one["user_id"]: one for one in world.messages() if one["status"] in ("PENDING", "CLAIMED")}
    assert len(left) + len(sent_before) == USERS
    assert {one["attempt"] for one in left.values()} == {1}
    assert not {"expire_claim", "release", "nudge"} & set(world.telemetry.events)

    monkeypatch.setattr(formats, "KNOWN", 2)
    world.run()
    assert world.mails() == {f"user-{number:05}": 1 for number in range(USERS)}
    assert set(world.statuses().values()) == {"DELIVERED"}
    assert {one["format"] for one in world.messages()} == {2}
