"""The mail of a message: shown only where it is known to be the one."""

import pytest

from ops.errors import UnreadableError
from ops.mail.of_message import BY_HAND, FORGOTTEN, OTHERWISE, mail_of
from shared.keys import Key
from shared.outbox.states import Status
from shared.producing.run import PREFIX
from simulation.stack import PERIOD
from simulation.world import World
from tests.unit.ops.doctor.answers import SENDER, environment
from tests.unit.ops.mail.result import NO_KEY, produced, said, store, written
from tests.unit.ops.office import Office, item, put

KEY = Key("user-00001", PERIOD)


@pytest.fixture
def produced_office(office: Office, world: World, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setattr("simulation.stack.SENDER", SENDER)
    produced(office, world)
    return office


def test_what_waits_is_rendered_from_itself(produced_office: Office, world: World) -> None:
    store(produced_office, NO_KEY)
    shown = mail_of(produced_office.session, KEY)
    message = item(world, KEY.user_id)
    assert shown.rendered is not None
    assert shown.rendered.subject == message["template"]
    data = said(shown.rendered.text)
    assert message["data"].items() <= data.items()
    assert data["unsubscribe_url"] == "https://example.com/unsubscribe?token=only-a-look"
    assert (shown.to, shown.sender, shown.why_not) == (message["email"], message["sender"], "")
    assert shown.source == "what will be sent, from the message itself"


def test_what_is_over_is_made_again_of_its_row(produced_office: Office, world: World) -> None:
    before = mail_of(produced_office.session, KEY)
    world.run()
    assert item(world, KEY.user_id)["status"] == "DELIVERED"
    assert "data" not in item(world, KEY.user_id)
    after = mail_of(produced_office.session, KEY)
    assert (after.rendered, after.to, after.sender) == (before.rendered, before.to, before.sender)
    assert after.source.startswith("what was sent, made again from its row")


@pytest.mark.parametrize(
    "changes",
    [{"email": "another@example.com"}, {"device_count": "3"}, {"total_minutes": "a lot"}],
    ids=["another address", "another figure", "a row that is rejected now"],
)
def test_a_row_that_makes_another_mail_is_not_shown_as_the_one(
    produced_office: Office, world: World, changes: dict[str, str]
) -> None:
    world.run()
    store(produced_office, written([{**row, **changes} for row in world.rows]))
    shown = mail_of(produced_office.session, KEY)
    assert (shown.rendered, shown.why_not) == (None, OTHERWISE)


@pytest.mark.parametrize("changes", [{"template": "other"}, {"sender": "b@example.com"}, {"reply_to": "c@example.com"}])
def test_nor_one_of_another_template_or_sender(produced_office: Office, world: World, changes: dict[str, str]) -> None:
    """As somebody may have edited the item."""
    world.run()
    world.outbox_table.put({**item(world, KEY.user_id), **changes})
    assert mail_of(produced_office.session, KEY).why_not == OTHERWISE


def test_nor_one_from_a_sender_that_the_stage_has_no_more(produced_office: Office, world: World) -> None:
    """The item does not say from whom, but its digest tells that it was from somebody else."""
    world.run()
    told = environment() | {"SENDER": "another@example.com"}
    produced_office.aws.answer("lambda", "get_function_configuration", {"Environment": {"Variables": told}})
    assert mail_of(produced_office.session, KEY).why_not == OTHERWISE


def test_without_the_result_or_the_row_the_reason_is_said(produced_office: Office, world: World) -> None:
    world.run()
    store(produced_office, written(world.rows[2:]))
    assert "has no row of the user any more" in mail_of(produced_office.session, KEY).why_not
    store(produced_office, NO_KEY)
    assert "S3 keeps it for 14 days" in mail_of(produced_office.session, KEY).why_not


def test_what_ses_can_not_render_is_said(produced_office: Office) -> None:
    refused = UnreadableError("BadRequestException: Attribute 'x' is not present", "BadRequestException")
    produced_office.aws.answer("sesv2", "test_render_email_template", refused)
    assert mail_of(produced_office.session, KEY).why_not == "BadRequestException: Attribute 'x' is not present"


@pytest.mark.parametrize("status", [Status.PENDING, Status.DELIVERED, Status.UNCERTAIN])
def test_a_forgotten_user_is_not_shown_again(produced_office: Office, world: World, status: Status) -> None:
    """Also not where a result still has their row, and SES tells something of the mail later."""
    world.outbox_table.put({**item(world, KEY.user_id), "status": status, "send_fence": 1})
    produced_office.type("forget", KEY.user_id, "--reason", "asked us to", "--yes")
    world.outbox().mark_complained(KEY, "ses-1", "abuse")
    assert mail_of(produced_office.session, KEY).why_not == FORGOTTEN


def test_nor_their_row_of_a_month_in_which_they_have_no_message(produced_office: Office, world: World) -> None:
    put(world, KEY.user_id, Status.DELIVERED, "2026-09")
    world.outbox_table.remove(KEY._asdict())
    assert mail_of(produced_office.session, KEY).row is not None
    produced_office.type("forget", KEY.user_id, "--reason", "asked us to", "--yes")
    shown = mail_of(produced_office.session, KEY)
    assert (shown.why_not, shown.row, shown.rendered) == (FORGOTTEN, None, None)


def test_nor_one_who_was_kept_from_a_month_that_was_being_produced(produced_office: Office, world: World) -> None:
    record = world.control_table.get({"name": f"{PREFIX}{PERIOD}"}) or {}
    world.control_table.put({**record, "state": "RUNNING"})
    world.outbox_table.remove(KEY._asdict())
    produced_office.type("forget", KEY.user_id, "--reason", "asked us to", "--yes")
    assert item(world, KEY.user_id)["status"] == "CANCELLED"
    assert mail_of(produced_office.session, KEY).why_not == FORGOTTEN


def test_one_put_in_by_hand(produced_office: Office, world: World) -> None:
    message = {**put(world, "ann", Status.PENDING), "history": {"adopt": "2026-11-01T06:00:00.000Z"}}
    world.outbox_table.put(message)
    assert mail_of(produced_office.session, Key("ann", PERIOD)).source == "what will be sent, from the message itself"
    world.outbox_table.put({name: value for name, value in message.items() if name != "data"} | {"status": "DELIVERED"})
    assert mail_of(produced_office.session, Key("ann", PERIOD)).why_not == BY_HAND


def test_a_malformed_item_says_what_is_wrong(produced_office: Office, world: World) -> None:
    put(world, "ann", Status.FAILED, data={"total_time": 7})
    assert "attribute data should be" in mail_of(produced_office.session, Key("ann", PERIOD)).why_not


def test_a_user_whose_row_is_rejected(produced_office: Office, world: World) -> None:
    row = {**world.rows[0], "user_id": "ann", "email": "ann"}
    store(produced_office, written([row]))
    shown = mail_of(produced_office.session, Key("ann", PERIOD))
    assert shown.why_not.startswith("no message: their row is rejected, because email is malformed")
    assert (shown.row, shown.rendered) == (row, None)


def test_a_user_who_has_unsubscribed(produced_office: Office, world: World) -> None:
    store(produced_office, written([{**world.rows[0], "user_id": "ann"}]))
    world.unsubscribed().leave("ann", "ann", "by the link")
    why_not = "no message: the user has unsubscribed, 2026-11-01 06:00:00 UTC"
    assert mail_of(produced_office.session, Key("ann", PERIOD)).why_not == why_not
    world.unsubscribed().take_back("ann", "bob", "by phone")
    assert mail_of(produced_office.session, Key("ann", PERIOD)).rendered is not None


def test_a_user_whose_turn_has_not_come(produced_office: Office, world: World) -> None:
    store(produced_office, written([{**world.rows[0], "user_id": "ann"}]))
    shown = mail_of(produced_office.session, Key("ann", PERIOD))
    assert shown.rendered is not None
    assert (shown.to, shown.sender) == (world.rows[0]["email"], SENDER)
    assert shown.why_not.startswith("no message, although their row can become one")
    record = world.control_table.get({"name": f"{PREFIX}{PERIOD}"}) or {}
    world.control_table.put({**record, "state": "RUNNING"})
    assert mail_of(produced_office.session, Key("ann", PERIOD)).why_not == "no message yet: the month is RUNNING"


def test_a_user_of_no_row(produced_office: Office) -> None:
    shown = mail_of(produced_office.session, Key("nobody", PERIOD))
    assert shown.why_not == "no message: the month's query result has no row of the user"


def test_a_result_of_another_query_than_this_checkouts(produced_office: Office, world: World) -> None:
    world.run()
    store(produced_office, written([{"user_id": row["user_id"], "email": row["email"]} for row in world.rows]))
    assert "gives no column" in mail_of(produced_office.session, KEY).why_not
