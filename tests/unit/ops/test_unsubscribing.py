"""onlyonce unsubscribe, resubscribe: what is written down, and what becomes of what waits."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from ops.errors import RefusedError, UnclearError
from shared.outbox.states import Status
from simulation.stack import PERIOD
from simulation.world import World
from tests.unit.ops.office import Office, item, put

LEAVING = ("unsubscribe", "ann", "--reason", "by letter")


def test_who_when_and_why_are_kept(office: Office, world: World) -> None:
    assert office.type(*LEAVING) == 0
    assert world.unsubscribed().get("ann") == {
        "user_id": "ann", "at": "2026-11-01T06:00:00.000Z", "by": "arn:aws:iam::1:user/ann", "reason": "by letter",
    }  # fmt: skip
    assert "ann: unsubscribed since 2026-11-01 06:00:00 UTC, by arn:aws:iam::1:user/ann: by letter" in office.shown
    world.now += timedelta(days=1)
    assert office.type(*LEAVING, "--by", "bob") == 0
    assert "ann: unsubscribed since 2026-11-02 06:00:00 UTC, by bob" in office.shown


def test_who_comes_back_gets_mail_again(office: Office, world: World) -> None:
    office.type(*LEAVING)
    world.now += timedelta(days=1)
    assert office.type("resubscribe", "ann", "--reason", "by phone", "--by", "bob") == 0
    assert "ann: subscribed, since 2026-11-02 06:00:00 UTC, by bob" in office.shown
    assert world.unsubscribed().users() == frozenset()
    assert office.type("resubscribe", "ann", "--reason", "again") == 0
    assert "ann: subscribed already, since 2026-11-02" in office.shown


def test_who_never_left_can_not_come_back(office: Office) -> None:
    with pytest.raises(RefusedError, match="ann has never unsubscribed"):
        office.type("resubscribe", "ann", "--reason", "by phone")


def test_what_waits_is_cancelled_if_that_is_agreed_to(office: Office, world: World) -> None:
    put(world, "ann", Status.PENDING)
    put(world, "ann", Status.FAILED, period="2026-09")
    put(world, "ann", Status.SENT, period="2026-08")
    put(world, "bob", Status.PENDING)
    office.answers = ["2"]
    assert office.type(*LEAVING) == 0
    assert item(world, "ann")["status"] == item(world, "ann", "2026-09")["status"] == "CANCELLED"
    assert item(world, "ann")["decision"] == "unsubscribed: by letter"
    assert (item(world, "ann", "2026-08")["status"], item(world, "bob")["status"]) == ("SENT", "PENDING")


def test_they_are_out_also_where_nobody_agrees(office: Office, world: World) -> None:
    put(world, "ann", Status.CLAIMED)
    assert office.type(*LEAVING) == 1
    assert "what waits is sent all the same: nobody is there to answer" in office.shown
    assert item(world, "ann")["status"] == "CLAIMED"
    assert world.unsubscribed().users() == {"ann"}
    assert office.type(*LEAVING, "--yes") == 0
    assert item(world, "ann")["status"] == "CANCELLED"


def test_what_ses_is_asked_for_just_now_is_told(office: Office, world: World) -> None:
    put(world, "ann", Status.SENDING)
    assert office.type(*LEAVING, "--yes") == 1
    assert "✗ ann 2026-10: too late, SES is being asked just now" in office.shown


def test_for_scripts(office: Office, world: World) -> None:
    put(world, "ann", Status.PENDING)
    assert office.type(*LEAVING, "--json") == 1
    told = json.loads(office.shown)
    assert (told["user_id"], told["unsubscribed"], told["reason"]) == ("ann", True, "by letter")
    assert [(one["period"], one["cancelled"]) for one in told["messages"]] == [("2026-10", False)]
    assert office.type(*LEAVING, "--json", "--yes") == 0
    assert [one["cancelled"] for one in json.loads(office.shown)["messages"]] == [True]
    world.now += timedelta(days=1)
    office.type("resubscribe", "ann", "--reason", "by phone", "--json")
    assert json.loads(office.shown)["unsubscribed"] is False


def test_of_ses_own_list_it_says_what_it_does_not_change(office: Office) -> None:
    office.type(*LEAVING)
    assert "SES's own list" not in office.shown
    stage = replace(office.session.stage, outputs={**office.session.stage.outputs, "Unsubscribe": "ses"})
    office.session = replace(office.session, stage=stage)
    office.type(*LEAVING)
    assert "SES's own list has the recipient's own choice besides" in office.shown


def test_a_name_that_no_user_can_have_is_refused(office: Office, world: World) -> None:
    for words in (("unsubscribe", "x" * 129), ("resubscribe", "x" * 129)):
        with pytest.raises(UnclearError, match="at most 128"):
            office.type(*words, "--reason", "r")
    assert world.unsubscribed().users() == frozenset()


def test_a_held_message_of_somebody_who_has_left_is_not_sent(office: Office, world: World) -> None:
    for user in ("ann", "bob"):
        put(world, user, Status.FAILED)
    world.unsubscribed().leave("ann", "recipient", "the page")
    assert office.type("redrive", "--all", "--period", PERIOD, "--reason", "mended", "--yes") == 0
    assert (item(world, "ann")["status"], item(world, "bob")["status"]) == ("FAILED", "PENDING")
    assert "1 message left out, whose users have unsubscribed" in office.shown
    with pytest.raises(RefusedError, match="resubscribe"):
        office.type("redrive", "ann", PERIOD, "--reason", "mended")
    assert office.type("cancel", "ann", PERIOD, "--reason", "they left") == 0
