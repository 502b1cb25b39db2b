"""Somebody new does in the browser what an operator has to: mends a template and redrives, asks when and what it costs, sends a
test, and opens the report for the boss.
"""

import re
from collections import Counter
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from local.month.month import Month
from local.stack import engine_pages
from local.stack.deployment import Deployment
from shared.outbox.states import Status
from shared.rendering.tags import PERIOD_TAG
from tests.browser.conftest import Load
from tests.browser.running import Running
from tests.e2e.waiting import until

PERIOD, USERS = "2026-05", 12
ME = "me@example.com"


@pytest.fixture(scope="module")
def month(load: Load) -> Month:
    return load(PERIOD, USERS)[0]


def press(page: Page, name: str, **filled: str) -> None:
    """A link that asks, what is filled in by its label, and the button that says yes."""
    page.get_by_role("link", name=f"{name}…").click()
    for label, text in filled.items():
        page.get_by_label(label).fill(text)
    page.locator("form button").last.click()
    expect(page.get_by_role("status")).to_contain_text("Done")


def test_failed_messages_are_redriven_once_the_template_is_mended(
    page: Page, console: Running, deployment: Deployment, month: Month
) -> None:
    """Somebody has edited it in SES, so that no mail can be rendered."""
    at = f"{console.origin}/month/{PERIOD}"
    page.goto(at)
    press(page, "Pause", Why="the template is edited")
    month.produce()
    template = broken_template(deployment)
    page.goto(at)
    expect(page.locator("#live")).to_contain_text("the template is edited")
    press(page, "Resume")
    until(lambda: month.outbox.statuses() == Counter({Status.FAILED: USERS}))
    deployment.client("sesv2").delete_email_template(TemplateName=template)
    page.goto(at)
    press(page, "Ask Athena anew", Type=PERIOD)
    page.goto(f"{console.origin}/held")
    page.locator("tbody tr", has_text=PERIOD).get_by_role("link").last.click()
    expect(page.locator("#main")).to_contain_text("could not render")
    press(page, f"Redrive all {USERS}", Why="the template is mended", Type=str(USERS))
    until(lambda: month.outbox.statuses() == Counter({Status.DELIVERED: USERS}))
    sent = [mail for mail in engine_pages.mails(deployment.url) if mail["Tags"].get(PERIOD_TAG) == PERIOD]
    assert Counter(to for mail in sent for to in mail["To"]).most_common(1)[0][1] == 1
    assert len(sent) == USERS


def broken_template(deployment: Deployment) -> str:
    sesv2 = deployment.client("sesv2")
    (name,) = [one["TemplateName"] for one in sesv2.list_email_templates()["TemplatesMetadata"]]
    content = sesv2.get_email_template(TemplateName=name)["TemplateContent"]
    sesv2.update_email_template(TemplateName=name, TemplateContent={**content, "Subject": "Dear {{first_name}}"})
    return str(name)


def test_when_it_is_done_and_what_it_costs(page: Page, console: Running) -> None:
    page.goto(f"{console.origin}/month/{PERIOD}")
    expect(page.locator("#live")).to_contain_text("Done by")
    cost = page.locator("section[aria-label='Cost so far']")
    expect(cost).to_contain_text(re.compile(r"Cost so far: \$\d+\.\d\d"))
    expect(cost).to_contain_text(re.compile(r"some \$\d+\.\d\d are expected"))


def test_a_test_of_a_mail_is_sent_to_oneself(
    page: Page, console: Running, deployment: Deployment, month: Month
) -> None:
    user, before = month.outbox.users(Status.DELIVERED)[0], month.outbox.statuses()
    page.goto(f"{console.origin}/message?{urlencode({'user': user, 'period': PERIOD})}")
    press(page, "Send me a test", To=ME)
    (mail,) = [mail for mail in engine_pages.mails(deployment.url) if ME in mail["To"]]
    assert str(mail["Subject"]).startswith("[TEST] ")
    assert not mail.get("Tags")
    assert month.outbox.statuses() == before


def test_the_report_opens_on_a_page_of_its_own(page: Page, console: Running) -> None:
    page.goto(f"{console.origin}/month/{PERIOD}")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Report").click()
    report = opened.value
    expect(report.locator("h1")).to_contain_text("May 2026")
    expect(report.locator("body")).to_contain_text("the template is mended")
    assert report.locator("svg").count() > 0
