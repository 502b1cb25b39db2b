"""The charts of a month: what they say, and that they stand in any page."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import matplotlib as mpl
import pytest

from ops.charts import MOST_STEPS, histogram, outcomes, send_curve, shown_part
from ops.month.view import Curve

START = datetime(2026, 10, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def curve(sent: Sequence[float], refused: Sequence[float] | None = None, per_step: float = 600.0) -> Curve:
    counts = {
        "mark_sent": sent,
        "throttled": refused or [0] * len(sent),
        "mark_bounced": [count / 100 for count in sent],
        "mark_complained": [0] * len(sent),
    }
    return Curve(START, MINUTE, counts, per_step)


SENDING = curve([0] * 360 + [540, 600, 600, 300] + [0] * 600, [0] * 361 + [3] + [0] * 602)


def texts(svg: str, tag: str = "text") -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(tag)]


def test_curve_tells_what_was_accepted_and_refused_against_the_pace() -> None:
    words = texts(send_curve(SENDING, START + timedelta(days=3)))
    assert {"accepted by SES", "the pace: 10 a second", "not taken for now: 3"} < set(words)
    assert "1 October 2026, UTC" in words


def test_pace_that_is_far_above_does_not_flatten_the_curve() -> None:
    words = texts(send_curve(curve([0, 55, 45], per_step=60_000.0), START + timedelta(days=1)))
    assert "the pace: 1,000 a second, far above" in words
    assert not {"200", "1000"} & set(words), "ticks are those of the curve"


def test_curve_is_told_to_those_who_do_not_see_it() -> None:
    svg = send_curve(SENDING, START + timedelta(days=3))
    root = ElementTree.fromstring(svg)
    named = root.attrib["aria-labelledby"].split()
    assert [element.attrib["id"] for element in root if element.tag in ("title", "desc")] == named
    assert texts(svg, "desc") == [
        "SES accepted 2,040 mails, at most 10 a second within 1 minute; the pace allows 10. It did not take 3 for now."
    ]


def test_picture_has_the_colours_of_the_page_alone_and_no_style_of_its_own() -> None:
    for svg in (send_curve(SENDING, START), outcomes(SENDING, START), histogram({"fast": 3}, "Times", "mail")):
        assert set(re.findall(r'(?:fill|stroke)="([^"]*)"', svg)) <= {
            "none",
            *(f"var(--{name})" for name in ("ink", "line", "accent", "good", "bad", "mind")),
        }
        assert "style" not in svg
        assert "DejaVu" not in svg


def test_two_pictures_on_a_page_share_no_name() -> None:
    ids = [
        set(re.findall(r' id="([^"]+)"', svg))
        for svg in (send_curve(SENDING, START), outcomes(SENDING, START), send_curve(curve([5, 6]), START))
    ]
    assert all(ids)
    assert not ids[0] & ids[1] | ids[0] & ids[2] | ids[1] & ids[2]


def test_every_name_that_is_referred_to_is_there() -> None:
    svg = send_curve(SENDING, START)
    assert set(re.findall(r'href="#([^"]+)"', svg) + re.findall(r"url\(#([^)]+)\)", svg)) <= set(
        re.findall(r' id="([^"]+)"', svg)
    )


def test_same_curve_is_the_same_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    first = send_curve(SENDING, START)
    monkeypatch.setitem(mpl.rcParams, "xtick.labelsize", 30.0)
    assert send_curve(SENDING, START) == first


def test_words_are_no_markup() -> None:
    assert "<b>" not in histogram({"<b>": 1}, "<b>", "mail")


def test_only_the_hours_in_which_something_happened_are_shown() -> None:
    shown = shown_part(SENDING, START + timedelta(days=20))
    assert shown.start == START + 359 * MINUTE
    assert list(shown.counts["mark_sent"]) == [0, 540, 600, 600, 300, 0]
    assert list(shown.counts["throttled"]) == [0, 0, 3, 0, 0, 0]


def test_while_it_goes_on_the_curve_ends_now() -> None:
    shown = shown_part(SENDING, START + 370 * MINUTE)
    assert shown.steps[-1] == START + 369 * MINUTE


def test_many_steps_are_joined_and_the_pace_with_them() -> None:
    shown = shown_part(curve([600] * (3 * MOST_STEPS)), START + timedelta(days=20))
    assert len(shown.steps) <= MOST_STEPS
    assert shown.per_step / shown.step.total_seconds() == 10
    assert sum(shown.counts["mark_sent"]) == 600 * 3 * MOST_STEPS


def test_month_without_a_mail_has_a_curve_that_says_so() -> None:
    assert "no mail yet" in texts(send_curve(Curve(START, MINUTE, {}, 0.0), START))
    assert "no mail yet" in texts(send_curve(curve([0, 0, 0]), START))


def test_bars_bear_their_numbers() -> None:
    words = texts(histogram({"under 1 s": 1200, "longer": 3}, "Delivery times", "mail"))
    assert {"under 1 s", "1,200", "longer", "3"} <= set(words)
