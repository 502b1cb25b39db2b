"""redrive, assume-sent, resend, cancel: one message."""

import pytest

from ops.decision import VERBS, typed
from ops.errors import RefusedError, UnclearError
from shared.errors import StoreUnavailableError
from shared.keys import Key
from shared.outbox.states import Status
from simulation.world import World
from tests.unit.ops.office import Meddling, Office, item, put

WHY = ("--reason", "they say so")


CARRIED_OUT = [(typed(one), source, one.to) for one in VERBS.values() for source in sorted(one.sources)]


@pytest.mark.parametrize(("verb", "before", "after"), CARRIED_OUT)
def test_a_decision_is_carried_out_and_recorded(
    office: Office, world: World, verb: str, before: Status, after: Status
) -> None:
    put(world, "ann", before)
    risk = ("--accept-risk",) if verb == "resend" else ()
    assert office.type(verb, "ann", "2026-10", *WHY, *risk) == 0
    found = item(world, "ann")
    assert (found["status"], found["decided_by"], found["decision"], found["fence"]) == (
        after, "arn:aws:iam::1:user/ann", "they say so", 4,
    )  # fmt: skip
    assert f"ann 2026-10: {before} → {after}" in office.shown
    assert "recorded: arn:aws:iam::1:user/ann: they say so" in office.shown
    assert office.asked == []


def test_every_decision_of_the_protocol_has_its_command() -> None:
    assert {"redrive", "assume_sent", "resend", "cancel"} == set(VERBS)


def test_a_message_of_a_later_release_is_shown_and_not_decided_about(office: Office, world: World) -> None:
    before = put(world, "ann", Status.FAILED, format=2)
    with pytest.raises(RefusedError, match="it can't be read: a later release made it, in format 2"):
        office.type("redrive", "ann", "2026-10", *WHY)
    assert item(world, "ann") == before
    office.type("held")
    assert "can't be read: a later release made it, in format 2" in office.shown


def test_who_decides_can_be_named(office: Office, world: World) -> None:
    put(world, "ann", Status.FAILED)
    office.type("redrive", "ann", "2026-10", *WHY, "--by", "bob")
    assert item(world, "ann")["decided_by"] == "bob"


@pytest.mark.parametrize(
    ("verb", "present", "said"),
    [
        ("redrive", Status.SENT, "it is SENT since 2026-11-01 00:00:00 UTC: nothing to decide"),
        ("redrive", Status.UNCERTAIN, "redrive is for FAILED. What fits: assume-sent, resend"),
        ("assume-sent", Status.FAILED, "assume-sent is for UNCERTAIN. What fits: redrive"),
        ("assume-sent", Status.SENDING, "SES is being asked just now"),
        ("cancel", Status.DELIVERED, "nothing to decide"),
    ],
)
def test_a_status_that_does_not_fit_is_refused_with_what_does(
    office: Office, world: World, verb: str, present: Status, said: str
) -> None:
    before = put(world, "ann", present)
    with pytest.raises(RefusedError, match=said):
        office.type(verb, "ann", "2026-10", *WHY)
    assert item(world, "ann") == before


def test_there_is_no_such_message(office: Office) -> None:
    with pytest.raises(RefusedError, match="ann 2026-10: there is no such message"):
        office.type("redrive", "ann", "2026-10", *WHY)


def test_a_malformed_item_is_named(office: Office, world: World) -> None:
    put(world, "ann", Status.FAILED, fence="three")
    with pytest.raises(RefusedError, match="attribute fence should be a whole number"):
        office.type("redrive", "ann", "2026-10", *WHY)


def test_the_second_of_two_does_nothing_and_is_told(office: Office, world: World, wire: Meddling) -> None:
    put(world, "ann", Status.FAILED)
    wire.meddle = lambda: world.outbox().redrive(Key("ann", "2026-10"), 3, "bob", "first")
    with pytest.raises(RefusedError) as refused:
        office.type("redrive", "ann", "2026-10", *WHY)
    assert "it was FAILED with fence 3 when it was read, now it is PENDING with fence 4. Nothing was done" in str(
        refused.value
    )
    assert item(world, "ann")["decided_by"] == "bob"


def test_the_same_status_under_another_fence_is_another_message(office: Office, world: World, wire: Meddling) -> None:
    """It was redriven and has failed again meanwhile: they have not seen why."""
    put(world, "ann", Status.FAILED)
    wire.meddle = lambda: world.outbox_table.put({**item(world, "ann"), "fence": 6, "last_error": "another"})
    with pytest.raises(RefusedError, match="now it is FAILED with fence 6"):
        office.type("redrive", "ann", "2026-10", *WHY)
    assert item(world, "ann")["status"] == "FAILED"


def test_gone_meanwhile(office: Office, world: World, wire: Meddling) -> None:
    put(world, "ann", Status.FAILED)
    wire.meddle = lambda: world.outbox_table._items.clear()
    with pytest.raises(RefusedError, match="now it is gone"):
        office.type("redrive", "ann", "2026-10", *WHY)


def test_a_lost_answer_is_not_called_nothing(office: Office, world: World, wire: Meddling) -> None:
    put(world, "ann", Status.FAILED)
    wire.fails = StoreUnavailableError("UpdateItem: timed out")
    with pytest.raises(RefusedError, match="may have been done all the same: UpdateItem: timed out"):
        office.type("redrive", "ann", "2026-10", *WHY)


def test_a_resend_says_what_it_may_cost_and_wants_it_accepted(office: Office, world: World) -> None:
    before = put(world, "ann", Status.UNCERTAIN)
    with pytest.raises(RefusedError, match=r"(?s)SECOND MAIL.*--accept-risk"):
        office.type("resend", "ann", "2026-10", *WHY)
    assert item(world, "ann") == before
    office.type("resend", "ann", "2026-10", *WHY, "--accept-risk")
    assert "gets a SECOND MAIL" in office.shown


@pytest.mark.parametrize("accepted", [(), ("--accept-risk",)])
def test_a_resend_looks_before_it_warns(office: Office, world: World, accepted: tuple[str, ...]) -> None:
    """Of a message whose answer was not lost, a lost answer is no matter."""
    put(world, "ann", Status.SENT)
    with pytest.raises(RefusedError) as refused:
        office.type("resend", "ann", "2026-10", *WHY, *accepted)
    assert "it is SENT since" in str(refused.value)
    assert "SECOND MAIL" not in str(refused.value) + office.shown


def test_of_a_user_who_has_unsubscribed_it_says_first_that_there_is_nothing_to_decide(
    office: Office, world: World
) -> None:
    put(world, "ann", Status.DELIVERED)
    world.unsubscribed().leave("ann", "recipient", "the page")
    with pytest.raises(RefusedError, match="it is DELIVERED since"):
        office.type("redrive", "ann", "2026-10", *WHY)
    assert "unsubscribed" not in office.shown


@pytest.mark.parametrize(("verb", "told"), [("redrive", True), ("assume-sent", False)])
def test_that_the_campaign_is_paused_is_told_where_it_matters(
    office: Office, world: World, verb: str, told: bool
) -> None:
    put(world, "ann", Status.FAILED if verb == "redrive" else Status.UNCERTAIN)
    world.campaign().pause("wrong text")
    office.type(verb, "ann", "2026-10", *WHY)
    assert ("the campaign is paused (wrong text)" in office.shown) is told


def test_a_user_id_that_a_shell_would_take_apart(office: Office, world: World) -> None:
    put(world, "o'neil [red] x", Status.FAILED)
    office.type("redrive", "o'neil [red] x", "2026-10", *WHY)
    assert """'o'"'"'neil [red] x' 2026-10: FAILED""" in office.shown


@pytest.mark.parametrize("user_id", ["", "x" * 129, "a\nb"])
def test_a_key_that_can_not_be_one(office: Office, user_id: str) -> None:
    with pytest.raises(UnclearError, match="user_id"):
        office.type("redrive", user_id, "2026-10", *WHY)
