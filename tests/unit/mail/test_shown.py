"""What an inbox and a reader see of mail/usage: the subject, the preheader, both parts, and colours that can be read."""

import re
from datetime import date

import pytest

from mail.usage.variables import MINUTES_AT_MOST
from shared.periods import Period
from tests.unit.mail.cases import CASES, longest
from tests.unit.mail.test_templates import PARTS, render
from tests.unit.mail.visible_html import VisibleHtml

SUBJECT_AT_MOST, SUBJECT_SURELY_SHOWN = 50, 33
"""Characters: more than 50 are cut off in some inbox, and the narrowest of those measured, Gmail's on Android, shows 33 (source:
https://www.emailtooltester.com/en/blog/email-subject-lines-character-limit/).
"""
PREHEADER_SHOWN = 99
"""Characters beside or below the subject, in the widest of the inboxes measured there, the iPhone's own."""
SHOWS_NOTHING = "&#847;&zwnj;&nbsp;"
"""As wide as a space."""
READABLE = 4.5
"""The contrast of text, at least (source: WCAG 2.2, 1.4.3)."""
MONTHS = [Period(date(2026, month, 1)) for month in range(1, 13)]


@pytest.mark.parametrize("period", MONTHS, ids=str)
def test_the_subject_fits_the_narrowest_inbox(period: Period) -> None:
    """In each month, with as much as a row may have."""
    subject = render(longest(period))["subject"]
    assert 0 < len(subject) <= SUBJECT_AT_MOST
    assert subject.isprintable()


def test_the_subject_of_a_device_in_use_all_month_is_shown_to_its_hours() -> None:
    subject = render(longest(total_minutes=str(MINUTES_AT_MOST // 1000)))["subject"]
    assert subject == "Your September 2026 usage: 744 h"
    assert len(subject) <= SUBJECT_SURELY_SHOWN


@pytest.mark.parametrize("case", CASES)
def test_the_subject_says_the_month_and_the_time(case: str) -> None:
    subject = render(CASES[case])["subject"]
    assert subject == f"Your {CASES[case]['period']} usage: {CASES[case]['total_time']}"


@pytest.mark.parametrize("case", CASES)
def test_both_parts_say_the_same(case: str) -> None:
    """Every value, the bars' widths and the link aside: a reader of one part misses nothing of the other."""
    variables, mail = CASES[case], render(CASES[case])
    shown = {name: value for name, value in variables.items() if not name.endswith(("bar", "url"))}
    page = VisibleHtml(mail["html"]).text
    text = " ".join(mail["text"].split())
    shown.pop("month")  # a bar's label
    for name, value in shown.items():
        if name == "previous_time" and not variables["change"]:
            continue
        assert value in text, f"the text part lacks {name}"
        assert value in page, f"the HTML part lacks {name}"
    figures = r"\d[\d,]*(?: h| min|%| times| days?\b| devices?\b)"
    assert set(re.findall(figures, text)) == set(re.findall(figures, page))


@pytest.mark.parametrize("case", CASES)
def test_the_preheader_goes_on_where_the_subject_ends(case: str) -> None:
    """Then come characters that show nothing, so that the inbox shows none of the mail's first lines twice."""
    html = render(CASES[case])["html"]
    (words,) = re.findall(rf'<div style="display:none;[^"]*">(.+?) (?:{SHOWS_NOTHING})+</div>', html)
    assert words.startswith(CASES[case]["total_time"])
    assert len(words.partition(". ")[0]) <= PREHEADER_SHOWN
    assert len(words) + html.count(SHOWS_NOTHING) >= PREHEADER_SHOWN
    assert html.index("display:none") < html.index("<h1")


def test_lines_of_text_are_short_with_any_values() -> None:
    assert max(map(len, render(longest())["text"].splitlines())) <= 72


def _style(html: str) -> str:
    return re.search(r"prefers-color-scheme: dark\) \{(.+?)\n  \}", html, re.DOTALL)[1]  # type: ignore[index]


def _light(name: str, what: str) -> str:
    """The colour of a class of elements, as their own style has it."""
    (colour,) = set(re.findall(rf'class="[^"]*\b{name}\b[^"]*"[^>]*?[";]{what}:(#[0-9a-f]{{6}})', PARTS["html"]))
    return str(colour)


def _dark(name: str, what: str) -> str:
    (colour,) = re.findall(rf"\.{name} \{{[^}}]*?\b{what}: (#[0-9a-f]{{6}})", _style(PARTS["html"]))
    return str(colour)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("ink", "ground"), [("ink", "card"), ("soft", "card"), ("accent", "card"), ("soft", "page")])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_light_and_dark(scheme: str, ink: str, ground: str) -> None:
    colour = _light if scheme == "light" else _dark
    assert contrast(colour(ink, "color"), colour(ground, "background-color")) >= READABLE
