"""onlyonce test-send: one mail outside the outbox."""

import pytest

from ops.errors import RefusedError, UnclearError, UnreadableError
from ops.mail.rendering import Rendered
from ops.mail.sending import LINE, marked_as_test
from shared.errors import SendRejectedError, SendThrottledError, SendUncertainError
from simulation.world import World
from tests.unit.ops.doctor.answers import SENDER, TEMPLATE
from tests.unit.ops.mail.result import produced, rendered, said, store, written
from tests.unit.ops.office import Office

TO = ("--to", "me@example.com")


@pytest.fixture
def produced_office(office: Office, world: World) -> Office:
    produced(office, world)
    return office


def test_a_mail_to_oneself(produced_office: Office, world: World) -> None:
    before = world.outbox_table.items(), world.control_table.items()
    produced_office.answers = ["yes"]
    assert produced_office.type("test-send", *TO, "--user", "user-00001", "--period", "2026-10") == 0
    (request,) = produced_office.sent
    assert request["Destination"] == {"ToAddresses": ["me@example.com"]}
    assert request["FromEmailAddress"] == "usage@example.com"
    mail = request["Content"]["Simple"]
    assert mail["Subject"]["Data"].startswith("[TEST] ")
    line, _, text = mail["Body"]["Text"]["Data"].partition("\n\n")
    assert line == LINE
    assert said(text)["total_time"] == "20 h 35 min"
    assert (world.outbox_table.items(), world.control_table.items()) == before
    assert "one of the account's mails of the day" in produced_office.shown
    assert "SES took it, as ses-test" in produced_office.shown


def test_nothing_of_the_stage_is_in_the_request(produced_office: Office) -> None:
    """Its configuration set and tags would make SES's events the stage's own."""
    produced_office.type("test-send", *TO, "--yes")
    (request,) = produced_office.sent
    assert request.keys() == {"FromEmailAddress", "Destination", "Content"}
    assert request["Content"].keys() == {"Simple"}
    assert request["Content"]["Simple"].keys() == {"Subject", "Body"}


def test_whose_mail_it_is_by_default(produced_office: Office, world: World) -> None:
    """The first row's that can become one."""
    store(produced_office, written([{**world.rows[0], "email": "bad"}, world.rows[2]]))
    assert produced_office.type("test-send", *TO, "--yes") == 0
    assert "user-00002: what is sent, made from a row" in produced_office.shown
    assert produced_office.sent[0]["FromEmailAddress"] == SENDER


def test_before_anything_is_produced_it_is_nobodys(office: Office) -> None:
    office.aws.answer("sesv2", "test_render_email_template", rendered)
    assert office.type("test-send", *TO, "--yes") == 0
    assert "nobody: a mail with a dash for each figure" in office.shown
    mail = office.sent[0]["Content"]["Simple"]
    assert mail["Subject"]["Data"] == f"[TEST] {TEMPLATE}"
    assert said(mail["Body"]["Text"]["Data"].partition("\n\n")[2])["total_time"] == "–"


@pytest.mark.parametrize("answer", ["no", None])
def test_it_asks_first(produced_office: Office, answer: str | None) -> None:
    produced_office.answers = [answer] if answer else []
    with pytest.raises(RefusedError, match="nothing was done"):
        produced_office.type("test-send", *TO)
    assert produced_office.sent == []


def test_what_ses_says_against_it_is_said(produced_office: Office) -> None:
    produced_office.refuses = SendRejectedError("SES said MessageRejected: Email address is not verified. …")
    with pytest.raises(RefusedError, match="nothing was sent: SES said MessageRejected: Email address is not verified"):
        produced_office.type("test-send", *TO, "--yes")
    produced_office.refuses = SendThrottledError("Maximum sending rate exceeded")
    with pytest.raises(RefusedError, match="Maximum sending rate exceeded"):
        produced_office.type("test-send", *TO, "--yes")


def test_a_lost_answer_is_not_asked_for_again(produced_office: Office) -> None:
    produced_office.refuses = SendUncertainError("the answer of SES was lost: ReadTimeoutError")
    assert produced_office.type("test-send", *TO, "--yes") == 1
    assert "nobody knows whether it went out" in produced_office.shown


@pytest.mark.parametrize("to", ["me", "me@nowhere", "a@example.com,b@example.com"])
def test_an_address_that_can_not_be_used(produced_office: Office, to: str) -> None:
    with pytest.raises(UnclearError, match="--to: email"):
        produced_office.type("test-send", "--to", to, "--yes")


def test_without_a_mail_the_reason_is_said(produced_office: Office) -> None:
    with pytest.raises(RefusedError, match="there is no mail of nobody to send: no message"):
        produced_office.type("test-send", *TO, "--user", "nobody", "--yes")
    refused = UnreadableError("test_render_email_template: NotFoundException: no template", "NotFoundException")
    produced_office.aws.answer("sesv2", "test_render_email_template", refused)
    with pytest.raises(RefusedError, match=r"there is no mail of 2026-10 to send: .*NotFoundException"):
        produced_office.type("test-send", *TO, "--yes")
    assert produced_office.sent == []


def test_the_marks() -> None:
    html = '<html><body class="x"><p>hi</p></body></html>'
    assert marked_as_test(Rendered("s", "t", html)) == Rendered(
        "[TEST] s", f"{LINE}\n\nt", f'<html><body class="x"><p>{LINE}</p><p>hi</p></body></html>'
    )
    assert marked_as_test(Rendered("s", "", "hi")) == Rendered("[TEST] s", "", f"<p>{LINE}</p>hi")
    assert marked_as_test(Rendered("s", "t", "")) == Rendered("[TEST] s", f"{LINE}\n\nt", "")


def test_an_empty_user_is_not_the_first_of_the_month(produced_office: Office) -> None:
    with pytest.raises(UnclearError, match="empty"):
        produced_office.type("test-send", "--to", "me@example.com", "--user", "", "--yes")
    assert produced_office.sent == []
