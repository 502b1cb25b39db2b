import json
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from ops.errors import RefusedError, UnavailableError
from shared.keys import Key, to_tag
from shared.outbox.states import Status
from simulation.world import World
from tests.unit.ops.mail.result import NO_KEY, produced, store, written
from tests.unit.ops.office import Office, item, put


def lines(office: Office) -> list[list[str]]:
    rows = (line for line in office.shown.splitlines() if line.startswith("│"))
    return [[cell.strip() for cell in row.strip("│").split("│")] for row in rows]


def test_a_story_in_order(office: Office, world: World) -> None:
    """Made by the product itself: produced, claimed, asked for, silent."""
    world.produce()
    world.run()
    user_id = world.messages()[0]["user_id"]
    assert office.type("show", user_id, "2026-10") == 0
    story = [row for row in lines(office) if len(row) == 4]
    assert [row[1:3] for row in story] == [
        ["produce", "producer"], ["claim", "claim"], ["begin_send", "send"], ["mark_sent", "send"],
        ["mark_delivered", "feedback"],
    ]  # fmt: skip
    assert story[0][3] == ""
    assert all(row[3].endswith(" s") for row in story[1:])
    facts = dict(row for row in lines(office) if len(row) == 2)
    assert facts["status"].startswith("DELIVERED since 2026-11-01 06:")
    assert facts["ses_message_id"].startswith("ses-")


def test_the_address_is_masked_everywhere_unless_asked_for(office: Office, world: World) -> None:
    put(world, "ann", Status.FAILED, email="ann.b@example.com", last_error="no mailbox <ann.b@example.com>")
    office.type("show", "ann", "2026-10")
    assert "ann.b" not in office.shown
    facts = dict(row for row in lines(office) if len(row) == 2)
    assert (facts["email"], facts["last_error"]) == ("a***@example.com", "no mailbox <a***@example.com>")
    office.type("show", "ann", "2026-10", "--reveal")
    facts = dict(row for row in lines(office) if len(row) == 2)
    assert (facts["email"], facts["last_error"]) == ("ann.b@example.com", "no mailbox <ann.b@example.com>")


def test_who_decided_and_why(office: Office, world: World) -> None:
    put(world, "ann", Status.UNCERTAIN)
    office.type("assume-sent", "ann", "2026-10", "--reason", "they have it")
    office.type("show", "ann", "2026-10")
    facts = dict(row for row in lines(office) if len(row) == 2)
    assert (facts["decided_by"], facts["decision"]) == ("arn:aws:iam::1:user/ann", "they have it")
    assert lines(office)[-1] == ["2026-11-01 06:00:00 UTC", "assume_sent", "operator", "6 h 0 min"]


def test_what_the_mail_says_is_not_shown(office: Office, world: World) -> None:
    put(world, "ann", Status.FAILED, data={"total_time": "1234 h"})
    office.type("show", "ann", "2026-10")
    assert "1234" not in office.shown


def test_a_malformed_item_is_shown_as_it_is(office: Office, world: World) -> None:
    broken = {"status": "LOST\x1b[2J", "fence": "three", "history": {"claim": "yesterday"}, "email": 5}
    world.outbox_table.put({**put(world, "ann", Status.FAILED), **broken})
    assert office.type("show", "ann", "2026-10") == 0
    assert "LOST?[2J since yesterday" in office.shown
    assert "can't be read: attribute status should be" in office.shown
    assert item(world, "ann")["fence"] == "three"


def test_where_aws_itself_shows_it(office: Office, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The execution and the log on a real account; the inbox on the embedded AWS."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    put(world, "ann", Status.SENT, execution="44-abc")
    office.type("show", "ann", "2026-10")
    message_id = Key("ann", "2026-10").message_id
    assert "execution:send:44-abc\n" in office.shown
    assert (
        "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:logs-insights" in office.shown
    )
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    office.type("show", "ann", "2026-10")
    assert f"http://127.0.0.1:4566/_onlyonce/mail?q={to_tag('ann')}\n" in office.shown
    assert message_id in office.shown


def test_for_scripts(office: Office, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    history = {"produce": "2026-11-01T05:00:00.000Z", "fail": "2026-11-01T06:02:30.001Z"}
    put(
        world,
        "ann",
        Status.FAILED,
        history=history,
        email="ann.b@example.com",
        last_error="no mailbox ann.b@example.com",
        execution="44-abc",
    )
    office.type("show", "ann", "2026-10", "--json")
    told = json.loads(office.shown)
    assert "ann.b" not in office.shown
    shape = {"user_id": "ann", "period": "2026-10", "status": "FAILED", "since": "2026-11-01T06:02:30.001Z"}
    assert shape.items() <= told.items()
    assert told["story"] == [
        {"at": "2026-11-01T05:00:00.000Z", "what": "produce", "by": "producer", "after_s": None},
        {"at": "2026-11-01T06:02:30.001Z", "what": "fail", "by": "send", "after_s": 3750.001},
    ]
    assert told["attempt"] == 2
    assert len(told["links"]) == 2
    office.type("show", "ann", "2026-10", "--json", "--reveal")
    assert json.loads(office.shown)["email"] == "ann.b@example.com"


def test_a_month_that_was_never_produced(office: Office, world: World) -> None:
    world.produce()
    with pytest.raises(UnavailableError, match=r"there is no message ann 2025-10: 2025-10 was never produced"):
        office.type("show", "ann", "2025-10")


def reject(office: Office, user_id: str, period: str = "2026-10") -> None:
    row = {"row": 2, "user_id": user_id, "column": "email", "reason": "'bo@x' is no address"}
    office.files.objects[f"rejected/{period}/1/000000002.jsonl"] = f"{json.dumps(row)}\n".encode()


def test_a_rejected_user_is_known_with_row_and_reason(office: Office, world: World) -> None:
    world.produce()
    reject(office, "bo")
    assert office.type("show", "bo", "2026-10") == 0
    assert office.shown == (
        "there is no message bo 2026-10\n  rejected: row 2 of the query, email: 'b***@x' is no address\n"
    )
    office.type("show", "bo", "2026-10", "--json")
    told = json.loads(office.shown)
    assert (told["user_id"], told["status"], told["since"]) == ("bo", None, None)
    assert told["reason"].startswith("rejected: row 2")


def test_one_who_had_unsubscribed_is_known(office: Office, world: World) -> None:
    world.unsubscribed().leave("bo", "recipient", "the page")
    world.produce()
    office.type("show", "bo", "2026-10")
    assert "  unsubscribed since 2026-11-01 06:00:00 UTC, by recipient: the page\n" in office.shown


def test_one_who_left_after_the_month_was_produced_was_not_skipped_for_it(office: Office, world: World) -> None:
    produced(office, world)
    world.now += timedelta(days=1)
    world.unsubscribed().leave("bo", "recipient", "the page")
    office.type("show", "bo", "2026-10")
    assert "unsubscribed" not in office.shown
    assert "  the month's query has no row of theirs\n" in office.shown


def test_where_the_result_is_gone_that_is_said(office: Office, world: World) -> None:
    produced(office, world)
    store(office, NO_KEY)
    office.type("show", "bo", "2026-10")
    assert "nobody can tell: the result of its query is gone" in office.shown


def test_all_months_of_a_user_the_latest_first(office: Office, world: World) -> None:
    world.produce()
    put(world, "ann", Status.DELIVERED, period="2026-08")
    put(world, "ann", Status.FAILED, period="2026-10", last_error="no mailbox ann.b@example.com")
    reject(office, "ann", period="2026-09")
    assert office.type("show", "ann") == 0
    rows = [row for row in lines(office) if len(row) == 4]
    assert [row[:2] for row in rows] == [["2026-10", "FAILED"], ["2026-09", "no message"], ["2026-08", "DELIVERED"]]
    assert rows[0][3] == "no mailbox a***@example.com"
    assert rows[1][3].startswith("rejected: row 2")
    office.type("show", "ann", "--json")
    told = [json.loads(line) for line in office.shown.splitlines()]
    assert [(one["period"], one["status"]) for one in told] == [
        ("2026-10", "FAILED"), ("2026-09", None), ("2026-08", "DELIVERED"),
    ]  # fmt: skip


def test_a_month_that_the_user_is_not_in(office: Office, world: World) -> None:
    world.produce()
    put(world, "ann", Status.DELIVERED, period="2026-09")
    office.type("show", "ann")
    assert [row[:2] for row in lines(office) if len(row) == 4] == [["2026-10", "no message"], ["2026-09", "DELIVERED"]]


def test_a_user_of_whom_nothing_is_known(office: Office, world: World) -> None:
    world.produce()
    with pytest.raises(RefusedError, match="there is no message of zoe: is the id right"):
        office.type("show", "zoe")


def test_without_the_permission_to_read_rejected_rows_the_messages_are_shown(office: Office, world: World) -> None:
    def denied(*_: object, **__: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not authorized"}}, "ListObjectsV2")

    office.files.get_paginator = denied  # type: ignore[method-assign,assignment]
    put(world, "ann", Status.DELIVERED)
    office.type("show", "ann")
    assert "DELIVERED" in office.shown
    assert "the rejected rows can't be read: AWS can't be asked: " in office.shown


def test_an_address_leads_to_its_user(office: Office, world: World) -> None:
    produced(office, world)
    (email,) = {row["email"] for row in world.rows if row["user_id"] == "user-00001"}
    assert email
    office.type("show", email, "2026-10")
    assert office.shown.startswith("user-00001 2026-10\n")
    office.type("show", email.upper())
    assert office.shown.startswith("user-00001\n")
    with pytest.raises(RefusedError, match=r"^z\*\*\*@example\.com is in no row of 2026-10's query"):
        office.type("show", "zoe.x@example.com", "2026-10")


def test_an_address_of_several_users_names_them(office: Office, world: World) -> None:
    produced(office, world)
    store(office, written([{"user_id": user, "email": "a.b@example.com"} for user in ("ann", "bob")]))
    with pytest.raises(RefusedError, match="several users: ann, bob"):
        office.type("show", "a.b@example.com")


def test_a_user_id_that_looks_like_an_address_is_one(office: Office, world: World) -> None:
    put(world, "ann@example.com", Status.DELIVERED)
    office.type("show", "ann@example.com", "2026-10")
    assert "DELIVERED since" in office.shown
