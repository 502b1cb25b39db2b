"""Each page on a wide and a narrow screen, by day and by night; and a console that has ended."""

from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from local.stack.deployment import Deployment
from tests.browser import running
from tests.browser.running import Running

PATHS = ("/month/2026-10", "/message", "/held", "/act/pause?period=2026-10", "/docs/runbook.md")
UNNAMED = "[...document.querySelectorAll('input:not([type=hidden]), select')].filter(e => !e.labels.length).length"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PATHS)
def test_a_page_fits_a_phone_and_follows_day_and_night(
    page: Page, console: Running, path: str, scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 400, "height": 800})
    page.goto(console.origin + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (int(ground.split("(")[1].split(",")[0]) > 128) == (scheme == "light")
    assert page.evaluate(UNNAMED) == 0, "each field has its label"
    assert page.title() != ""
    assert page.locator("h1").count() >= 1


def test_a_console_that_has_ended_is_told_by_its_page(page: Page, deployment: Deployment) -> None:
    """Ctrl-C ends it at once, also with a page open, and leaves no traceback."""
    ended = running.start(deployment.url)
    tab = page.context.new_page()
    tab.goto(ended.address)
    status, said = ended.interrupt()
    assert status == 0
    assert "the console has ended" in said
    assert "Traceback" not in said
    expect(tab.locator("#silent")).to_be_visible()
    expect(tab.locator("#silent")).to_contain_text("The console does not answer")
    tab.close()


def test_a_port_that_is_taken_is_refused_where_it_was_asked_for(console: Running, deployment: Deployment) -> None:
    port = console.origin.rpartition(":")[2]
    with pytest.raises(AssertionError, match="is unavailable"):
        running.start(deployment.url, "--port", port)
