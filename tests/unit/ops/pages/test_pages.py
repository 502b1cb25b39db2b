"""What every page promises: nothing put in becomes HTML, and every tone reads, by day and by night, without colour too."""

import re
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from ops.pages.environment import STYLE, environment
from ops.pages.tones import MARKS, tone
from shared.outbox.states import Status

READS = 4.5
"""The least contrast that small text reads at (source: WCAG 2.2, 1.4.3)."""
TONES = ("good", "bad", "mind", "wait", "calm")


def test_what_is_put_in_is_escaped() -> None:
    assert environment().from_string("{{ it }}").render(it="<script>") == "&lt;script&gt;"


def test_a_missing_name_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        environment().from_string("{{ nobody }}").render()


def test_a_folder_of_ones_own_extends_the_base(tmp_path: Path) -> None:
    (tmp_path / "own.html").write_text('{% extends "base.html" %}{% block main %}hello{% endblock %}')
    page = environment(tmp_path).get_template("own.html").render()
    assert page.startswith("<!doctype html>")
    assert "color-scheme: light dark" in page, "the style is in the page itself"
    assert page.index('href="#main"') < page.index('id="main"') < page.index("hello")


def test_addresses_and_times_are_put_for_people() -> None:
    shown = environment().from_string(
        "{{ '2026-11-01T06:00:00.000Z'|when }} {{ 'ann@example.com'|masked }} {{ 1234|number }}"
    )
    assert shown.render() == "2026-11-01 06:00:00 UTC a***@example.com 1,234"


@pytest.mark.parametrize(("rate", "shown"), [(None, "–"), (13.333, "13.33"), (900.0, "900"), (12345.6, "12,346")])
def test_a_rate_is_put_for_people(rate: float | None, shown: str) -> None:
    assert environment().from_string("{{ rate|rate }}").render(rate=rate) == shown


def test_every_status_has_a_tone_and_a_mark() -> None:
    assert {tone(status) for status in Status} == set(TONES)
    assert len(set(MARKS.values())) == len(MARKS)
    assert tone("HALFWAY") == "calm"


def colours(night: bool) -> dict[str, str]:
    day, dark = re.findall(r":root \{(.*?)\}", STYLE.read_text(), re.DOTALL)[:2]
    read = {
        name: value for part in (day, dark)[: 1 + night] for name, value in re.findall(r"--([\w-]+): (#\w{6});", part)
    }
    return {**read, "calm": read["soft"]}


def luminance(colour: str) -> float:
    """Source: WCAG 2.2, relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("night", [False, True])
def test_every_text_reads_on_its_ground(night: bool) -> None:
    at = colours(night)
    grounds = [(ink, ground) for ink in ("ink", "soft", "accent", "bad") for ground in ("paper", "card")]
    grounds += [(one, f"{one}-wash") for one in TONES] + [("ink", f"{one}-wash") for one in TONES]
    grounds += [("on-accent", "accent")]
    assert {pair: round(ratio, 2) for pair in grounds if (ratio := contrast(at[pair[0]], at[pair[1]])) < READS} == {}
