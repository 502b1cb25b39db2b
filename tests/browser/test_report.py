"""The report of a month as a browser shows it: by day, by night, on a phone and on paper. It needs no stack."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

from shared.outbox.states import Status
from simulation.stack import PERIOD, usage_row
from simulation.world import World
from tests.unit.ops.office import Office, put
from tests.unit.ops.report.conftest import Metrics

MINUTE = timedelta(minutes=1)
HEADINGS = [
    "What was asked, and what came of it",
    "How it was sent",
    "How long until they were delivered",
    "What did not arrive, and why",
    "What is held, and why",
    "What people decided",
    "What it cost, about",
]


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """Of a month in which something of everything happened."""
    world, metrics = World(3), Metrics()
    world.campaign().state()
    world.rows += [usage_row(number) for number in range(3, 60)]
    office = Office(world)
    office.aws.answer("cloudwatch", "get_metric_data", metrics)
    office.aws.answer("athena", "get_query_execution", {"QueryExecution": {}})
    world.produce()
    world.run()
    office.type("pause", "--reason", "a word that is as long as an address of a page of somebody " + "x" * 60)
    office.type("resume")
    put(world, "gone", Status.BOUNCED, last_error="bounced: Permanent/General", outcome=f"{PERIOD} BOUNCED")
    put(world, "stuck", Status.FAILED, last_error="no template", outcome=f"{PERIOD} FAILED")
    metrics.points = {
        "mark_sent": [(world.now + number * MINUTE, 9.0 + number % 3) for number in range(90)],
        "mark_bounced": [(world.now + 5 * MINUTE, 1.0)],
        "snooze": [(world.now + 7 * MINUTE, 2.0)],
    }
    world.now += timedelta(hours=2)
    assert office.type("report", PERIOD, "--output", str(tmp_path / "report.html")) == 0
    return tmp_path / "report.html"


@pytest.fixture
def page(browser: Browser, report: Path) -> Iterator[Page]:
    """It asks nobody for anything, and nothing of it fails."""
    page, wrong = browser.new_page(), []
    page.on("console", lambda message: wrong.append(message.text))
    page.on(
        "request", lambda request: None if request.url.startswith(("file:", "data:")) else wrong.append(request.url)
    )
    page.goto(report.as_uri())
    yield page
    page.close()
    assert wrong == []


def test_each_part_has_its_heading_and_each_picture_its_words(page: Page) -> None:
    assert page.locator("h2").all_inner_texts() == HEADINGS
    pictures = page.get_by_role("img").all()
    assert [picture.locator("title").text_content() for picture in pictures] == [
        "Mails that SES accepted, against the pace",
        "Time from SES to the recipient's mail server",
        "Bounces and complaints over time",
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_charts_are_in_the_colours_of_the_page(page: Page, scheme: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=scheme)
    ink = page.evaluate("getComputedStyle(document.body).color")
    words = page.locator("svg text").first
    assert words.evaluate("text => getComputedStyle(text).fill") == ink
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ink != background
    fills = page.locator("svg path").evaluate_all("paths => paths.map(path => getComputedStyle(path).fill)")
    assert len(set(fills)) > 2, "the page's colours came through"


@pytest.mark.parametrize("width", [360, 800, 1400])
def test_nothing_stands_out_of_the_page(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_prints_on_a_few_pages_of_paper(page: Page) -> None:
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    paper = page.pdf(prefer_css_page_size=True)
    sheets = len(re.findall(rb"/Type\s*/Page\b", paper))
    assert 2 <= sheets <= 5
    sizes = set(re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", paper))
    assert {tuple(round(float(side)) for side in size) for size in sizes} <= {(595, 842), (596, 842)}, "A4"
