"""forget and export: what is known of one user, erased and handed out."""

import json
from typing import Any

import pytest

from ops.errors import RefusedError, UnclearError, UnreadableError
from ops.formatting import when
from shared.keys import Key
from shared.outbox.states import FINAL, Status
from shared.periods import Period
from shared.store import Item, Write
from simulation.stack import PERIOD, user_of
from simulation.world import World
from tests.unit.ops.office import Office, item, put
from tests.unit.sweeping.laps import LATER

WHY = ("--reason", "asked us to")
ROW = {"row": 3, "column": "minutes", "user_id": "ann", "reason": "minutes is 'abc', not a number"}
HERS = ("email", "data", "digest", "ses_message_id", "last_error")


@pytest.fixture
def world() -> World:
    return World(3)


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)


def lines(*rows: dict[str, Any]) -> bytes:
    """As the producer writes them."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def traces(*items: Item) -> list[str]:
    return [name for one in items for name in HERS if name in one]


@pytest.mark.parametrize("status", sorted(FINAL))
def test_of_a_final_message_only_that_it_was_there_is_left(office: Office, world: World, status: Status) -> None:
    before = put(world, "ann", status, ses_message_id="ses-1", last_error="why", digest="0")
    assert office.type("forget", "ann", *WHY, "--yes") == 0
    after = item(world, "ann")
    assert (after["status"], after["fence"], traces(after)) == (status, before["fence"], [])
    assert (after["decided_by"], after["decision"]) == ("arn:aws:iam::1:user/ann", "asked us to")
    assert {*before["history"], "forget"} == set(after["history"])
    assert "1 message forgotten\n" in office.shown


@pytest.mark.parametrize(
    ("status", "ends"),
    [
        (Status.PENDING, Status.CANCELLED),
        (Status.CLAIMED, Status.CANCELLED),
        (Status.FAILED, Status.CANCELLED),
        (Status.UNCERTAIN, Status.SENT),
    ],
)
def test_a_message_that_is_not_final_ends_first_and_mails_nobody(
    office: Office, world: World, status: Status, ends: Status
) -> None:
    put(world, "ann", status)
    assert office.type("forget", "ann", *WHY, "--yes") == 0
    assert (item(world, "ann")["status"], traces(item(world, "ann"))) == (ends, [])
    world.run()
    assert world.ses_client.inbox == []


def test_one_that_is_being_sent_is_left_for_later(office: Office, world: World) -> None:
    put(world, "ann", Status.SENDING)
    put(world, "ann", Status.DELIVERED, "2026-09")
    assert office.type("forget", "ann", *WHY, "--yes") == 1
    assert "2026-10: SES is being asked for it just now. Come again in three minutes" in office.shown
    assert traces(item(world, "ann", "2026-09")) == []
    world.outbox().mark_delivered(Key("ann", PERIOD), "ses-1")
    assert office.type("forget", "ann", *WHY, "--yes") == 0
    assert traces(item(world, "ann")) == []


def test_it_is_safe_to_repeat_and_names_nobody_else(office: Office, world: World) -> None:
    put(world, "ann", Status.DELIVERED)
    other = put(world, "bob", Status.DELIVERED)
    office.type("forget", "ann", *WHY, "--yes")
    once = item(world, "ann")
    assert office.type("forget", "ann", *WHY, "--yes", "--json") == 0
    assert (json.loads(office.shown)["messages"], item(world, "ann"), item(world, "bob")) == (0, once, other)


def test_the_accounts_add_up_and_a_rerun_mails_nobody(office: Office, world: World) -> None:
    world.produce()
    world.run()
    for number in range(3):
        assert office.type("forget", f"user-{number:05}", *WHY, "--yes") == 0
    world.now += LATER
    assert world.accounting().go_on(lambda: True).unaccounted == 0
    mails = len(world.ses_client.inbox)
    world.produce({"period": PERIOD, "attempt": 1, "again": True})
    world.run()
    assert (len(world.ses_client.inbox), traces(*world.messages())) == (mails, [])


def test_what_ses_never_rendered_is_not_held_for_an_operator_any_more(office: Office, world: World) -> None:
    """There is nothing left to send."""
    put(world, "ann", Status.SENT, send_fence=3)
    office.type("forget", "ann", *WHY, "--yes")
    tags = {"onlyonce-stack": ["onlyonce-test"], "onlyonce-period": [PERIOD], "onlyonce-fence": ["3"]}
    mail = {"messageId": "ses-1", "tags": {**tags, "onlyonce-user": ["YW5u"]}}
    world.feed_back({"eventType": "Rendering Failure", "mail": mail, "failure": {"errorMessage": "why"}})
    assert item(world, "ann")["status"] == Status.SENT


def test_rejected_rows_and_results_go_and_those_in_use_stay(office: Office, world: World) -> None:
    world.control_table.write(Write({"name": "run#2026-11"}, sets={"state": "RUNNING", "query_id": "used"}))
    world.control_table.write(Write({"name": "run#2026-10"}, sets={"state": "COMPLETED", "query_id": "old"}))
    other = {**ROW, "user_id": "bob\u2028b"}  # rejected for the separator in it
    office.files.objects = {
        "rejected/2026-10/1/000000003.jsonl": lines(ROW, other),
        "rejected/2026-09/1/000000003.jsonl": lines(ROW),
        "athena/old.csv": b'"user_id","email"\n"ann","ann@example.com"\n',
        "athena/old.csv.metadata": b"",
        "athena/used.csv": b'"user_id","email"\n"ann","ann@example.com"\n',
        "athena/used.csv.metadata": b"",
        "usage_events/2026-10/a.jsonl": b"{}",
    }
    assert office.type("forget", "ann", *WHY, "--yes") == 1
    assert office.files.objects == {
        "rejected/2026-10/1/000000003.jsonl": lines(other),
        "athena/used.csv": b'"user_id","email"\n"ann","ann@example.com"\n',
        "athena/used.csv.metadata": b"",
        "usage_events/2026-10/a.jsonl": b"{}",
    }
    assert "2 rejected rows erased\n1 query result deleted" in office.shown
    assert "✗ 2026-11: its run is not over and reads athena/used.csv, which S3 deletes after 14 days" in office.shown


def test_it_asks_first(office: Office, world: World) -> None:
    before = put(world, "ann", Status.DELIVERED)
    office.answers = ["anne"]
    with pytest.raises(RefusedError, match="nothing was done"):
        office.type("forget", "ann", *WHY)
    assert item(world, "ann") == before
    assert "messages of ann: 1 DELIVERED" in office.shown
    office.answers = ["ann"]
    assert office.type("forget", "ann", *WHY) == 0


def test_one_that_cannot_be_read_is_named(office: Office, world: World) -> None:
    put(world, "ann", Status.PENDING, fence=None)
    assert office.type("forget", "ann", *WHY, "--yes") == 1
    assert "✗ 2026-10: it can't be read: attribute fence should be a whole number" in office.shown


def test_everything_that_is_known_is_handed_out(office: Office, world: World) -> None:
    message = put(world, "ann", Status.UNCERTAIN)
    put(world, "bob", Status.UNCERTAIN)
    world.unsubscribed().leave("ann", "ann", "by their link")
    office.files.objects = {
        "rejected/2026-09/1/000000003.jsonl": lines(ROW, {**ROW, "user_id": "bob"}),
        "athena/q.csv": b'"user_id","email"\n"ann","ann@new.example"\n"bob","bob@example.com"\n',
        "athena/q.csv.metadata": b"",
    }

    def suppressed(EmailAddress: str) -> dict[str, Any]:  # SES's name
        if EmailAddress != "ann@new.example":
            raise UnreadableError("NotFoundException: there is none", "NotFoundException")
        return {"SuppressedDestination": {"EmailAddress": EmailAddress, "Reason": "BOUNCE", "LastUpdateTime": 0}}

    office.aws.answer("sesv2", "get_suppressed_destination", suppressed)
    before = dict(office.files.objects)
    assert office.type("export", "ann") == 0
    assert json.loads(office.shown) == {
        "user_id": "ann",
        "messages": [message],
        "rejected_rows": [{"file": "rejected/2026-09/1/000000003.jsonl", "row": ROW}],
        "query_results": [{"file": "athena/q.csv", "row": {"user_id": "ann", "email": "ann@new.example"}}],
        "unsubscribed": world.unsubscribed().get("ann"),
        "suppressed": [{"EmailAddress": "ann@new.example", "Reason": "BOUNCE", "LastUpdateTime": 0}],
    }
    assert (item(world, "ann"), office.files.objects) == (message, before)


def test_an_id_that_no_message_can_have_is_refused(office: Office) -> None:
    with pytest.raises(UnclearError, match="user_id"):
        office.type("export", "a\nb")


def test_the_story_of_a_forgotten_message_is_still_told(office: Office, world: World) -> None:
    world.produce()
    world.run()
    delivered = item(world, "user-00001")["history"]["mark_delivered"]
    world.now += LATER
    office.type("forget", "user-00001", *WHY, "--yes")
    office.type("show", "user-00001", PERIOD)
    assert f"DELIVERED since {when(delivered)}" in office.shown
    assert "dropped, as the message is final" in office.shown


@pytest.mark.parametrize("state", ["RUNNING", "STOPPED"])
def test_a_month_that_is_being_produced_does_not_mail_them_either(office: Office, world: World, state: str) -> None:
    """The second pass has not come to them yet."""
    world.runs().begin(Period.parse(PERIOD), "the schedule")
    world.control_table.write(Write({"name": f"run#{PERIOD}"}, sets={"state": state}))
    assert office.type("forget", "user-00001", *WHY, "--yes") == 0
    world.control_table.write(Write({"name": f"run#{PERIOD}"}, sets={"state": "RUNNING"}))
    report = world.produce()
    world.run()
    assert (report["state"], report["produced"], report["differing"]) == ("COMPLETED", 2, 0)
    assert {user_of(mail) for mail in world.ses_client.inbox} == {"user-00000", "user-00002"}
    assert (item(world, "user-00001")["status"], traces(item(world, "user-00001"))) == (Status.CANCELLED, [])
    assert item(world, "user-00001")["outcome"] == f"{PERIOD} CANCELLED", "a list of who was cancelled has them at once"
    world.now += LATER
    assert world.accounting().go_on(lambda: True).unaccounted == 0
