"""What only a person can decide, decided in the browser: each is asked, and recorded with who and why."""

from collections import Counter
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from local.faults.orders import calm
from local.month.month import Month
from local.stack import engine_pages
from local.stack.deployment import Deployment
from shared.outbox.states import Status
from tests.browser.conftest import Load
from tests.browser.running import Running
from tests.e2e.waiting import until

PERIOD, USERS = "2026-07", 4


@pytest.fixture(scope="module")
def uncertain(load: Load, deployment: Deployment) -> Iterator[Month]:
    """Every answer of SES is lost, and so are its events: each message has gone out, and nobody knows."""
    month, _ = load(PERIOD, USERS)
    engine_pages.set_ses(deployment.url, events=False)
    engine_pages.begin_storm(deployment.url, drop_ses_answers=1.0)
    month.produce()
    until(lambda: month.outbox.statuses() == Counter({Status.UNCERTAIN: USERS}))
    engine_pages.end_storm(deployment.url)
    yield month
    calm(deployment.url)


def decide(page: Page, name: str, why: str) -> None:
    """From the message's page to what came of it."""
    page.get_by_role("link", name=f"{name}…").click()
    page.get_by_label("Why").fill(why)
    if page.get_by_role("checkbox").count():
        page.get_by_role("button", name=name).click()  # without the risk accepted nothing is sent
        expect(page.get_by_role("checkbox")).to_be_focused()
        page.get_by_role("checkbox").check()
    page.get_by_role("button", name=name).click()
    expect(page.get_by_role("status")).to_contain_text("Done")


def status_of(month: Month, user: str) -> Status | None:
    return next((status for status in Status if user in month.outbox.users(status)), None)


def test_an_uncertain_message_is_resolved_both_ways(
    page: Page, console: Running, deployment: Deployment, uncertain: Month
) -> None:
    first, second = uncertain.outbox.users(Status.UNCERTAIN)[:2]
    before = len(list(engine_pages.mails(deployment.url)))
    page.goto(f"{console.origin}/message?user={first}&period={PERIOD}")
    decide(page, "Assume sent", "a missing mail is better than two")
    assert status_of(uncertain, first) == Status.SENT
    page.get_by_role("link", name="Go back").click()
    expect(page.locator(".facts")).to_contain_text("a missing mail is better than two")
    expect(page.locator("#decide + p")).to_contain_text("Nothing: it is SENT")
    assert len(list(engine_pages.mails(deployment.url))) == before, "nobody was mailed"

    page.goto(f"{console.origin}/message?user={second}&period={PERIOD}")
    expect(page.locator("#main")).to_contain_text("SECOND MAIL")
    decide(page, "Resend", "they say they got nothing")
    until(lambda: status_of(uncertain, second) == Status.SENT)
    assert len(list(engine_pages.mails(deployment.url))) == before + 1


def test_a_whole_group_is_decided_at_once(page: Page, console: Running, uncertain: Month) -> None:
    """Its number is asked again, as the command line does."""
    left = uncertain.outbox.users(Status.UNCERTAIN)
    page.goto(f"{console.origin}/held")
    page.locator("tbody tr", has_text="UNCERTAIN").get_by_role("link").last.click()
    page.get_by_role("link", name=f"Assume sent all {len(left)}…").click()
    page.get_by_label("Why").fill("as with the first")
    page.get_by_label("Type").fill(str(len(left)))
    page.get_by_role("button", name="Assume sent").click()
    expect(page.get_by_role("status")).to_contain_text("Done")
    assert uncertain.outbox.users(Status.UNCERTAIN) == []
    page.goto(f"{console.origin}/held")
    expect(page.locator("#main")).to_contain_text("No message is held")


def test_the_campaign_is_paused_and_resumed(page: Page, console: Running) -> None:
    page.goto(f"{console.origin}/month/{PERIOD}")
    page.get_by_role("link", name="Pause…").click()
    page.get_by_label("Why").fill("wrong text")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("status")).to_contain_text("Done")
    page.get_by_role("link", name="Go back").click()
    expect(page.locator("#switch")).to_contain_text("paused")
    expect(page.locator("#live")).to_contain_text("wrong text")
    page.get_by_role("link", name="Resume…").click()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("status")).to_contain_text("Done")
    page.get_by_role("link", name="Go back").click()
    expect(page.locator("#switch")).to_contain_text("running")


def test_it_goes_with_the_keyboard_alone(page: Page, console: Running) -> None:
    """From the first Tab, which leads past the navigation, to a pause and back."""
    page.goto(f"{console.origin}/month/{PERIOD}")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, "Pause…")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Pause the campaign")
    tab_to(page, "", "#reason")
    page.keyboard.type("by hand")
    tab_to(page, "Pause")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Done")
    tab_to(page, "Go back")
    page.keyboard.press("Enter")
    tab_to(page, "Resume…")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Resume the campaign")
    tab_to(page, "Resume")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Done")


def tab_to(page: Page, text: str, selector: str = ":focus") -> None:
    """Tab until that is focused; where the focus is, is seen."""
    for _ in range(40):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if focused.count() and (
            focused.inner_text() == text if text else focused.evaluate(f"e => e.matches('{selector}')")
        ):
            assert focused.evaluate("e => getComputedStyle(e).outlineStyle") != "none"
            return
    raise AssertionError(f"{text or selector} is not reached by Tab")
