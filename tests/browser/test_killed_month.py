"""The story this product exists for, watched in the page while it runs; then one of its messages."""

import re
import time
from collections import Counter
from itertools import islice

import pytest
from playwright.sync_api import Page, expect

from local.month.month import Month, ProducerError
from local.stack import engine_pages
from local.stack.deployment import Deployment
from local.usage.choice import UsageChoice
from tests.browser.conftest import Load
from tests.browser.running import Running

PERIOD, USERS, KILLED_AT = "2026-10", 100, 55
TAKEN = re.compile(r"(\d+) of (\d+) messages? taken by SES")


@pytest.fixture(scope="module")
def loaded(load: Load) -> tuple[Month, UsageChoice]:
    return load(PERIOD, USERS)


def test_the_page_follows_a_month_whose_producer_is_killed(
    page: Page, console: Running, deployment: Deployment, loaded: tuple[Month, UsageChoice]
) -> None:
    month, choice = loaded
    others = len(list(engine_pages.mails(deployment.url)))
    in_a_minute_of_its_own(deployment)
    page.goto(f"{console.origin}/month/{PERIOD}")
    expect(page.locator("#live")).to_contain_text("No message of this month yet")
    month.kill_producer_after(KILLED_AT)
    with pytest.raises(ProducerError):
        month.produce()
    page.reload()  # what was sent before the producer has noted its page is in no count
    expect(page.locator("#progress")).to_contain_text(f"of {KILLED_AT} messages")
    expect(page.locator("#live")).to_contain_text("RUNNING")
    month.call_off_kill()
    month.produce()
    expect(page.locator("#progress")).to_contain_text(f"of {USERS} messages")
    seen = watched(page)
    assert seen == sorted(seen), "what SES took grows, and never shrinks"
    assert seen[-1] == USERS
    expect(page.locator("#live")).to_contain_text("COMPLETED")
    assert page.locator("[data-count=waiting]").count() == 0
    mails = islice(engine_pages.mails(deployment.url), others, None)
    assert Counter(to for mail in mails for to in mail["To"]) == Counter(choice.expectation.mails.values())


def in_a_minute_of_its_own(deployment: Deployment) -> None:
    """Metrics are by the minute and tell no months apart: other mails of this one would be counted in."""
    last = max((float(mail["Timestamp"]) for mail in engine_pages.mails(deployment.url)), default=0.0)
    time.sleep(max(0.0, (last // 60 + 1) * 60 - time.time()))


def watched(page: Page) -> list[int]:
    """What the page said that SES took, whenever it said something new, until that is everything."""
    seen: list[int] = []
    while not seen or seen[-1] < USERS:
        found = TAKEN.search(page.locator("#progress").inner_text())
        assert found
        if not seen or int(found[1]) != seen[-1]:
            seen.append(int(found[1]))
        page.wait_for_timeout(300)
    return seen


def test_a_message_is_found_and_its_mail_is_seen(
    page: Page, console: Running, loaded: tuple[Month, UsageChoice]
) -> None:
    """By the user's id, and by the address. Whose address it is stands there when it is asked for."""
    user, address = next(iter(loaded[1].expectation.mails.items()))
    for sought in (user, address):
        page.goto(f"{console.origin}/message")
        page.get_by_label("User id or address").fill(sought)
        page.get_by_role("button", name="Find").click()
        expect(page.locator("h1")).to_contain_text(user)
        assert address not in page.url, "no address stands in the browser's history"
    page.get_by_role("link", name=PERIOD).click()
    story = page.locator(".timeline")
    expect(story).to_contain_text("mark_sent")
    expect(story).to_contain_text("DELIVERED")
    page.get_by_role("link", name="Show the mail").click()
    mail = page.frame_locator("iframe[title='The mail, wide']")
    expect(mail.locator("body")).to_contain_text("October 2026")
    assert address not in page.content()
    shown = page.frames[1]
    assert shown.evaluate("document.scripts.length") == 0
    assert shown.evaluate("window.origin") == "null", "the frame has no rights here"


def test_a_user_who_has_no_mail_is_known_with_the_reason(page: Page, console: Running) -> None:
    answer = page.request.get(f"{console.origin}/message?user=nobody&period={PERIOD}")
    assert answer.status == 404
    assert "query has no row of theirs" in answer.text()
