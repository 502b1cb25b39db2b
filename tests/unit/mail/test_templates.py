"""mail/usage, rendered by Handlebars' reference implementation from the data that the producer freezes."""

import json
import re
import subprocess
from datetime import date
from pathlib import Path

import pytest

from mail.usage.variables import template_data
from shared.periods import Period
from shared.rendering.handlebars import rendering_data, required_variables
from tests.unit.mail.visible_html import VisibleHtml

ROOT = Path(__file__).parents[3]
PARTS = {part: (ROOT / f"mail/usage/{part}.hbs").read_text() for part in ("subject", "text", "html")}
URL = "https://example.com/unsubscribe?lang=en&token=abc"
GMAIL_CLIPS_AT_BYTES = 102_000

# strict: a variable that the data lacks is an error, as it is for SES. noEscape: SES escapes nothing.
RENDER = """
const { compile } = require('handlebars');
const { parts, data } = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const rendered = Object.entries(parts).map(([name, part]) => [name, compile(part, { strict: true, noEscape: true })(data)]);
process.stdout.write(JSON.stringify(Object.fromEntries(rendered)));
"""


def data(link: str = URL, **changed: str | None) -> dict[str, str]:
    row: dict[str, str | None] = {
        "total_minutes": "1234.000",
        "device_count": "3",
        "active_days": "18",
        "busiest_day": "2026-10-17",
        "busiest_day_minutes": "125.400",
        "previous_minutes": "1082.000",
        "change_percent": "14.0",
    }
    return {**template_data({**row, **changed}, Period(date(2026, 10, 1))), "unsubscribe_url": link}


def render(variables: dict[str, str]) -> dict[str, str]:
    question = json.dumps({"parts": PARTS, "data": rendering_data(variables)})
    done = subprocess.run(
        ["node", "-e", RENDER],
        input=question,
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        timeout=30,
    )
    answer: dict[str, str] = json.loads(done.stdout)
    return answer


def test_the_text_part() -> None:
    assert (
        render(data())["text"]
        == f"""\
Your usage in October 2026

    20 h 34 min
    That is 14% more than in September (18 h 2 min).

    Busiest day   Saturday, 17 October (2 h 5 min)
    Active on     18 days
    Used on       3 devices

--------------------------------------------------------------------
You receive this summary once a month because your account was used
in October 2026. Days are counted in UTC.

To get it no more, unsubscribe:
{URL}
"""
    )


def test_the_text_part_of_a_first_month_without_minutes_or_devices() -> None:
    first = data("", total_minutes="0", busiest_day_minutes="0", device_count="0", previous_minutes=None)
    assert (
        render(first)["text"]
        == """\
Your usage in October 2026

    0 min
    No usage in September to compare with.

    Active on     18 days

--------------------------------------------------------------------
You receive this summary once a month because your account was used
in October 2026. Days are counted in UTC.
"""
    )


def test_the_html_part_says_it_all() -> None:
    page = VisibleHtml(render(data())["html"])
    for said in (
        "Your usage in October 2026",
        "20 h 34 min",
        "That is 14% more than in September.",
        "September 18 h 2 min",
    ):
        assert said in page.text
    assert "Busiest day Saturday, 17 October · 2 h 5 min Active on 18 days Used on 3 devices" in page.text
    assert page.links == [URL]


def test_the_html_part_leaves_out_what_there_is_not() -> None:
    first = data("", busiest_day_minutes="0", device_count="0", active_days="0", previous_minutes=None)
    page = VisibleHtml(render(first)["html"])
    assert "No usage in September to compare with." in page.text
    for absent in ("Busiest day", "Active on", "Used on", "Unsubscribe"):
        assert absent not in page.text
    assert page.links == []


def test_the_subject_is_one_short_line() -> None:
    subject = render(data(total_minutes="1000000"))["subject"]
    assert subject == "Your October 2026 usage: 16,666 h 40 min"
    assert len(subject) <= 50, "phones show no more"


@pytest.mark.parametrize("name", sorted(data()))
def test_markup_in_the_data_arrives_as_text(name: str) -> None:
    hostile = '"><script>alert(1)</script>'
    html = render({**data(), name: hostile})["html"]
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_every_variable_is_supplied_and_every_supplied_one_is_used() -> None:
    named = set(re.findall(r"\{\{+(?:#if |html\.)?([a-z_]+)\}\}+", "".join(PARTS.values()))) - {"else"}
    assert named == set(data())
    assert required_variables(PARTS.values()) <= set(data())


def test_lines_of_text_are_readable() -> None:
    longest = data("", change_percent="1.0E7", total_minutes="1000000", busiest_day="2026-09-30")
    assert max(map(len, render(longest)["text"].splitlines())) <= 72


def test_the_html_part_needs_nothing_from_elsewhere_and_is_not_clipped() -> None:
    html = render(data())["html"]
    assert VisibleHtml(html).resources == []
    assert "url(" not in html
    assert "@import" not in html
    assert len(html.encode()) < 30_000 < GMAIL_CLIPS_AT_BYTES
    assert '<html lang="en"' in html
    assert "<title>Your usage in October 2026</title>" in html


@pytest.mark.parametrize("part", sorted(PARTS))
def test_a_template_survives_its_deployment(part: str) -> None:
    """Plain ASCII, and nothing that the Serverless Framework would take for a variable of its own."""
    assert PARTS[part].isascii()
    assert "${" not in PARTS[part]


def test_the_subject_file_has_no_line_break() -> None:
    """It would be in every subject: SES refuses a header of two lines."""
    assert "\n" not in PARTS["subject"]
