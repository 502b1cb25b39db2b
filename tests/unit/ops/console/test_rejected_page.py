"""Whose rows could not become a message, and why, in the console."""

from simulation.stack import PERIOD
from simulation.world import World
from tests.unit.ops.console.conftest import Pages
from tests.unit.ops.office import Office
from tests.unit.ops.test_rejected import NO_SIGN, listed


def test_the_console_lists_them_and_leads_to_their_users(pages: Pages, office: Office, world: World) -> None:
    listed(office, world, 1, "ann", "a<b>")
    shown = pages.html(f"/rejected/{PERIOD}")
    assert NO_SIGN.replace('"', "&#34;") in shown
    assert 'href="/message?user=a%3Cb%3E"' in shown
    assert "<b>" not in shown
