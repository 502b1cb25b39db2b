"""What the commands print of a user can be typed again, and moves no cursor."""

import subprocess
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.formatting import lasted, masked, named, person
from shared.keys import Key

IN_NAMES = ["ann", "zoë müller", "o'neill", "👩\u200d💻", "می\u200cخواهم"]
HIDDEN = [
    *("ann\u200d", "\u200dann", "an\u200cn", "\u200d"),
    *("right\u202eleft", "a\u00a0b", "\ufeffann", "o'neill\u200b", "back\\slash\u2066"),
]


@pytest.mark.parametrize("user_id", IN_NAMES)
def test_a_name_is_shown_as_it_is(user_id: str) -> None:
    assert person(user_id) == user_id


@pytest.mark.parametrize("user_id", HIDDEN)
def test_what_a_terminal_does_not_show_has_its_number(user_id: str) -> None:
    assert person(user_id).isprintable()
    assert "\\U0000" in person(user_id)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(IN_NAMES + HIDDEN) | st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1)
)
def test_a_message_is_named_as_one_types_it(user_id: str) -> None:
    typed = f"printf '%s' {named(Key(user_id, '2026-10')).removesuffix(' 2026-10')}"
    read = subprocess.run(["bash", "-c", typed], env={"LC_ALL": "C.UTF-8"}, capture_output=True, check=True).stdout
    assert read.decode() == user_id


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("ann.b@example.com", "a***@example.com"),
        ("ann.b@", "***"),
        ("ann b@example.com", "***"),
        ("ann.b", "***"),
        ("ann@example.com, bob@example.com", "***"),
        ("\x1bc@example.com", "?***@example.com"),
        ("", ""),
        (5, "***"),
    ],
)
def test_an_address_is_masked_also_where_it_is_none(address: object, shown: str) -> None:
    assert masked(address) == shown


@pytest.mark.parametrize(
    ("duration", "said"),
    [
        (timedelta(milliseconds=42), "0.042 s"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(seconds=61), "1 min 1 s"),
        (timedelta(hours=3, minutes=20, seconds=59), "3 h 20 min"),
        (timedelta(days=1, hours=5), "1 day 5 h"),
    ],
)
def test_a_duration_is_as_exact_as_it_matters(duration: timedelta, said: str) -> None:
    assert lasted(duration) == said
