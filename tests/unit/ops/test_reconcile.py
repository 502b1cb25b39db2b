"""reconcile: what is unfinished in a restored table becomes UNCERTAIN, and the stack works with it from then on."""

import json
from datetime import timedelta

import pytest

from ops.errors import RefusedError
from shared.keys import Key
from shared.outbox import formats
from shared.outbox.states import FINAL, Status
from shared.outbox.table_pin import KEY, Standing
from shared.outbox.transitions import FENCES_SINCE
from shared.periods import Period
from shared.store import Write
from shared.times import to_text
from simulation.stack import PERIOD
from simulation.world import World
from tests.contract.protocol import FENCE
from tests.unit.ops.office import Meddling, Office, item, put
from tests.unit.sweeping.laps import LATER

pytestmark = pytest.mark.usefixtures("no_metrics")

WORDS = ("reconcile", "--reason", "restored", "--yes")
MOVED = (Status.PENDING, Status.CLAIMED, Status.SENDING, Status.FAILED)


def restored(world: World) -> None:
    world.outbox_table.table_id = "restored"
    world.processes.clear()


@pytest.mark.parametrize("status", sorted(Status))
def test_only_what_is_final_or_uncertain_stays(office: Office, world: World, status: Status) -> None:
    """FAILED does not: it may have been redriven and sent since."""
    before = put(world, "ann", status)
    restored(world)
    assert office.type(*WORDS) == 0
    found = item(world, "ann")
    if status in MOVED:
        assert (found["status"], found["fence"]) == ("UNCERTAIN", FENCE + FENCES_SINCE)
        assert found["unfinished"] == f"HELD#{Key('ann', PERIOD).shard}"
        assert found["last_error"] == f"restored: it was {status}, and may have been sent since"
        assert (found["decided_by"], found["decision"]) == ("arn:aws:iam::1:user/ann", "restored")
    else:
        assert found == before
    assert world.pin().look().standing is Standing.KNOWN


def test_the_whole_table_is_walked_not_the_index_alone(office: Office, world: World) -> None:
    for number in range(20):
        put(world, f"user-{number}", Status.PENDING, unfinished=None, due_at=None)
    restored(world)
    office.type(*WORDS)
    assert {one["status"] for one in world.messages()} == {"UNCERTAIN"}
    assert "20 messages PENDING → UNCERTAIN" in office.shown


def test_one_of_a_later_release_is_held_too(office: Office, world: World) -> None:
    world.outbox_table.put({**put(world, "ann", Status.PENDING), formats.FORMAT: formats.KNOWN + 1, "data": 5})
    restored(world)
    office.type(*WORDS)
    assert item(world, "ann")["status"] == "UNCERTAIN"


def test_what_no_writer_can_move_is_left_and_named(office: Office, world: World) -> None:
    world.outbox_table.put({"user_id": "by hand", "period": PERIOD, "status": "PENDING", "email": "hand@example.com"})
    put(world, "edited", Status.PENDING, fence="x")
    world.outbox_table.put({**put(world, "lost", Status.PENDING), "status": "LOST"})
    restored(world)
    assert office.type(*WORDS) == 1
    left = [line for line in office.shown.splitlines() if line.startswith("✗")]
    assert len(left) == 3
    assert any("put in by hand, and never taken up" in line for line in left)
    assert world.pin().look().standing is Standing.KNOWN


def test_a_message_that_moves_meanwhile_is_looked_at_again() -> None:
    wire = Meddling()
    world = World(0, wire=wire)
    office = Office(world)
    put(world, "ann", Status.CLAIMED)
    restored(world)
    wire.meddle = lambda: world.outbox_table.put({**item(world, "ann"), "status": "DELIVERED"})
    assert office.type(*WORDS) == 0
    assert item(world, "ann")["status"] == "DELIVERED"


def test_the_pin_is_written_last(office: Office, world: World) -> None:
    put(world, "ann", Status.PENDING)
    restored(world)
    world.outbox_table.requested.clear()
    before = world.control_table.get(KEY)
    statuses: list[str] = []
    move = office.session.pin.move
    office.session.pin.move = lambda found, facts: statuses.append(item(world, "ann")["status"]) or move(found, facts)  # type: ignore[method-assign, func-returns-value]
    office.type(*WORDS)
    assert statuses == ["UNCERTAIN"]
    assert world.control_table.get(KEY) != before


def test_it_is_safe_to_repeat(office: Office, world: World) -> None:
    put(world, "ann", Status.PENDING)
    restored(world)
    office.type(*WORDS)
    once = world.messages()
    with pytest.raises(RefusedError, match="nothing to do"):
        office.type(*WORDS)
    assert world.messages() == once


def test_it_asks_and_says_what_it_will_do(office: Office, world: World) -> None:
    before = put(world, "ann", Status.PENDING)
    restored(world)
    office.answers = ["yes"]
    with pytest.raises(RefusedError, match="nothing was done"):
        office.type(*WORDS[:3])
    assert "becomes UNCERTAIN, whatever it is now, and waits for your decision" in office.asked[0]
    assert item(world, "ann") == before
    office.answers = ["outbox"]
    assert office.type(*WORDS[:3]) == 0


def test_as_json(office: Office, world: World) -> None:
    put(world, "ann", Status.PENDING)
    put(world, "bob", Status.SENT)
    restored(world)
    office.type(*WORDS, "--json")
    told = json.loads(office.shown)
    assert (told["held"], told["kept"], told["left"]) == ({"PENDING": 1}, 1, [])


def test_a_stack_that_knows_no_table_yet_is_told_that_it_is_the_same(office: Office, world: World) -> None:
    """An upgraded one: its month goes on."""
    world.forget_the_table()
    before = put(world, "ann", Status.PENDING)
    assert office.type(*WORDS, "--same-table") == 0
    assert (item(world, "ann"), world.pin().look().standing) == (before, Standing.KNOWN)
    assert world.pin().look().reconciled_at == ""


def test_a_table_that_is_known_to_be_another_is_never_the_same(office: Office, world: World) -> None:
    before = put(world, "ann", Status.PENDING)
    restored(world)
    with pytest.raises(RefusedError, match="is another table"):
        office.type(*WORDS, "--same-table")
    assert (item(world, "ann"), world.pin().look().standing) == (before, Standing.FOREIGN)


def test_an_empty_table_needs_none(office: Office, world: World) -> None:
    world.forget_the_table()
    with pytest.raises(RefusedError, match="nothing to reconcile"):
        office.type(*WORDS)


def test_a_known_table_only_on_demand_and_while_paused(office: Office, world: World) -> None:
    """After a restore, what was put anew may have been mailed before as well."""
    world.campaign().state()
    put(world, "ann", Status.PENDING)
    with pytest.raises(RefusedError, match="pause"):
        office.type(*WORDS, "--again")
    world.campaign().pause("restore")
    assert office.type(*WORDS, "--again") == 0
    assert item(world, "ann")["status"] == "UNCERTAIN"


@pytest.mark.parametrize(
    "words",
    [
        ("cancel", "ann", PERIOD, "--reason", "x"),
        ("redrive", "--all", "--period", PERIOD, "--reason", "x", "--yes"),
        ("resend", "ann", PERIOD, "--reason", "x", "--accept-risk"),
        ("assume-sent", "ann", PERIOD, "--reason", "x"),
        ("readmit", "restored", "--yes"),
        ("accept", "--yes"),
    ],
)
@pytest.mark.parametrize("status", [Status.PENDING, Status.FAILED, Status.UNCERTAIN])
def test_no_other_command_moves_a_message_of_a_foreign_table(
    office: Office, world: World, words: tuple[str, ...], status: Status
) -> None:
    before = put(world, "ann", status)
    world.campaign().pause("restore")
    restored(world)
    with pytest.raises(RefusedError, match="nothing is moved until `onlyonce reconcile`"):
        office.type(*words)
    assert item(world, "ann") == before


def test_status_and_doctor_show_it(office: Office, world: World) -> None:
    put(world, "ann", Status.PENDING)
    restored(world)
    office.type("status")
    assert "onlyonce reconcile" in office.shown
    assert office.type("doctor") == 1
    assert "onlyonce reconcile" in office.shown


def test_the_accounts_begin_anew_with_the_restored_table(office: Office, world: World) -> None:
    """Of a settled month two messages are not in it: nobody had noticed."""
    world.produce()
    world.run()
    world.now += LATER
    world.sweep()
    assert world.telemetry.gauges["unaccounted"] == 0
    for _ in range(2):
        world.outbox_table._items.popitem()
    restored(world)
    office.type(*WORDS)
    world.sweep()
    assert world.telemetry.gauges["unaccounted"] == 2


def test_who_was_put_after_the_restored_time_is_held_as_well(office: Office, world: World) -> None:
    """Of three users who were mailed, the restored table has none: as docs/runbook.md has it."""
    world.produce()
    world.run()
    mailed = world.mails()
    world.outbox_table._items.clear()
    restored(world)
    office.type(*WORDS)
    office.type("pause", "--reason", "restore")
    assert office.type("produce", PERIOD, "--again", "--yes") == 1
    assert office.type("produce", PERIOD, "--accept", "restored", "--yes") == 0
    assert office.type(*WORDS, "--again") == 0
    office.type("resume")
    world.run(sweeps=10)
    assert (set(world.statuses().values()), world.mails()) == ({"UNCERTAIN"}, mailed)


def test_after_it_everything_runs_and_each_user_has_one_mail(office: Office, world: World) -> None:
    world.produce()
    then = world.messages()
    world.run()
    mailed = world.mails()
    for one in then:
        world.outbox_table.put(one)
    restored(world)
    world.run(sweeps=5)
    office.type(*WORDS)
    world.run(sweeps=20)
    assert (set(world.statuses().values()), world.mails()) == ({"UNCERTAIN"}, mailed)
    office.type("assume-sent", "--all", "--period", PERIOD, "--reason", "the log says sent", "--yes")
    world.run()
    assert world.mails() == mailed
    assert set(world.statuses().values()) <= set(FINAL)


def test_not_while_a_month_is_being_produced(office: Office, world: World) -> None:
    """What its run puts after the walk would be mailed."""
    world.campaign().state()
    put(world, "ann", Status.PENDING)
    world.campaign().pause("restore")
    world.runs().begin(Period.parse(PERIOD), "the schedule")
    before = item(world, "ann")
    with pytest.raises(RefusedError, match=f"{PERIOD} is being produced: wait until"):
        office.type(*WORDS, "--again")
    assert item(world, "ann") == before
    office.type("halt", PERIOD, "--reason", "restore")
    assert office.type(*WORDS, "--again") == 0


def test_a_restore_that_was_accepted_is_not_the_next_one(office: Office, world: World) -> None:
    """A run that is still under way when the outbox is restored once more stops once more."""
    world.produce()
    world.run()
    world.outbox_table._items.clear()
    restored(world)
    office.type(*WORDS)
    world.campaign().pause("restore")
    assert office.type("produce", PERIOD, "--again", "--yes") == 1
    assert office.type("produce", PERIOD, "--accept", "restored", "--yes") == 0
    world.control_table.write(Write({"name": f"run#{PERIOD}"}, sets={"state": "RUNNING"}))
    world.now += timedelta(hours=1)
    world.control_table.write(Write(KEY, sets={"reconciled_at": to_text(world.now)}))
    assert world.produce()["stopped_for"].keys() == {"restored"}
