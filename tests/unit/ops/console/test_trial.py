"""A test of a mail, sent from its message's page to the person who asks."""

import pytest

from simulation.world import World
from tests.unit.ops.console.conftest import Opening, Pages
from tests.unit.ops.mail.result import produced
from tests.unit.ops.office import Office

ONE = "?user=user-00001&period=2026-10"


@pytest.fixture(autouse=True)
def _produced(office: Office, world: World) -> None:
    produced(office, world)


def test_it_goes_to_the_address_that_is_named_and_is_counted_by_none(
    pages: Pages, office: Office, world: World
) -> None:
    before = world.outbox_table.items(), world.control_table.items()
    assert f"/act/test-send{ONE}".replace("&", "&amp;") in pages.html(f"/message{ONE}")
    shown = pages.post(f"/act/test-send{ONE}", to="me@example.com")
    assert "SES took it, as ses-test" in shown
    (request,) = office.sent
    assert request["Destination"] == {"ToAddresses": ["me@example.com"]}
    assert request["Content"]["Simple"]["Subject"]["Data"].startswith("[TEST] ")
    assert (world.outbox_table.items(), world.control_table.items()) == before


def test_a_form_that_comes_twice_sends_one_mail(pages: Pages, office: Office) -> None:
    """By a double click, or where the browser sends it again."""
    path = f"/act/test-send{ONE}"
    pages.post(path, to="me@example.com", once="of this page")
    assert "SES took it" in pages.post(path, to="me@example.com", once="of this page")
    assert len(office.sent) == 1
    pages.post(path, to="you@example.com", once="of this page")
    pages.post(path, to="you@example.com")
    assert len(office.sent) == 3


@pytest.mark.parametrize(("to", "status", "says"), [("", 422, "Say to whom"), ("nobody", 200, "Not done")])
def test_without_an_address_nothing_is_sent(pages: Pages, office: Office, to: str, status: int, says: str) -> None:
    assert says in pages.post(f"/act/test-send{ONE}", status, to=to)
    assert office.sent == []


def test_a_console_that_only_reads_sends_none(open_console: Opening, office: Office) -> None:
    reading = open_console(read_only=True).enter()
    assert "test-send" not in reading.html(f"/message{ONE}")
    reading.post(f"/act/test-send{ONE}", 404, to="me@example.com")
    assert office.sent == []
