"""A message's names: each fits the system it goes to, and no two messages share one."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidMessageError
from shared.keys import SHARDS, USER_ID_MAX_BYTES, Key, execution_name, from_tag, to_tag

USER_IDS = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=32)
FORMATTED = ["👩\u200d💻", "می\u200cخواهم", "a\u00a0b", "a\u202eb", "\ufeffa", "\u200b", "\ue000", "\U0001ffff"]
"""With characters that have no width, turn the line around, or are not assigned."""
PERIODS = st.from_regex(r"\A20[0-9]{2}-(0[1-9]|1[0-2])\Z")
KEYS = st.builds(Key, USER_IDS, PERIODS)


@pytest.mark.parametrize(
    "user_id", [*"u#", "ann@example.com", "Zoë Ω", "a b", "x" * 128, "ö" * 64, "🦉" * 32, *FORMATTED]
)
@pytest.mark.parametrize("period", ["2026-01", "2026-12", "1999-10"])
def test_a_key(user_id: str, period: str) -> None:
    assert Key.of(user_id, period) == Key(user_id, period)


@pytest.mark.parametrize(
    ("user_id", "says"),
    [
        (None, "missing"),
        ("", "missing"),
        (7, "missing"),
        (["u"], "missing"),
        ("x" * 129, "129 bytes"),
        ("ö" * 65, "130 bytes"),
        ("a\nb", r"the character '\\n'"),
        ("a\x00", r"the character '\\x00'"),
        ("\x85", r"the character '\\x85'"),
        ("a\u2028", r"the character '\\u2028'"),
        ("\u2029", r"the character '\\u2029'"),
        ("\ud800", r"the character '\\ud800'"),
    ],
)
def test_no_user_id(user_id: object, says: str) -> None:
    with pytest.raises(InvalidMessageError, match=says) as raised:
        Key.of(user_id, "2026-10")
    assert raised.value.attribute == "user_id"


@pytest.mark.parametrize(
    "period",
    [
        None,
        "",
        202610,
        "2026-00",
        "2026-13",
        "2026-1",
        "26-10",
        "2026-10-01",
        "2026-10\n",
        " 2026-10",
        "2026/10",
        "２０２６-10",
        "٢٠٢٦-10",
    ],
)
def test_no_period(period: object) -> None:
    """Also not in other scripts' digits: the same month would have two keys, and the user two mails."""
    with pytest.raises(InvalidMessageError, match="period") as raised:
        Key.of("u", period)
    assert raised.value.attribute == "period"


def test_a_message_id_stays_what_it_is() -> None:
    """It names executions that may still run, and lines in the logs."""
    assert Key("ann", "2026-10").message_id == "e2862acad86284c450b906a4fff815ff"


def test_a_groups_execution_keeps_its_name() -> None:
    """A batch that comes again after a deployment must find what was started before it."""
    claims = [(Key("ann", "2026-10"), 3), (Key("bob", "2026-10"), 4)]
    assert execution_name(claims) == "2-43174e84c9859c920ead1aad41368e9a"


def test_lengths_keep_keys_apart() -> None:
    assert Key("ann2", "026-10").message_id != Key("ann", "2026-10").message_id


@given(KEYS, KEYS)
def test_two_keys_have_two_message_ids(a: Key, b: Key) -> None:
    assert (a.message_id == b.message_id) == (a == b)


@given(KEYS, st.integers(0, 10**9))
def test_every_name_fits_its_system(key: Key, fence: int) -> None:
    """source: botocore model (EmailTags), Step Functions API reference (StartExecution)"""
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,80}", execution_name([(key, fence)]))
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,80}", execution_name([(key, fence)] * 500))
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,256}", to_tag(key.user_id))
    assert 0 <= key.shard < SHARDS


def test_the_longest_user_id_fits_a_tag() -> None:
    assert len(to_tag("x" * USER_ID_MAX_BYTES)) <= 256


def test_each_taking_has_an_execution_of_its_own() -> None:
    key = Key("ann", "2026-10")
    assert len({execution_name([(key, fence)]) for fence in range(100)}) == 100


def test_each_taking_of_the_same_messages_has_an_execution_of_its_own() -> None:
    """A name that was there before would start nothing, and all of the group would wait for their leases."""
    ann, bob = Key("ann", "2026-10"), Key("bob", "2026-10")
    takings = [(ann_fence, bob_fence) for ann_fence in range(1, 13) for bob_fence in range(1, 13)]
    assert len({execution_name([(ann, first), (bob, second)]) for first, second in takings}) == len(takings)


@given(USER_IDS)
def test_a_tag_gives_the_user_id_back(user_id: str) -> None:
    assert from_tag(to_tag(user_id)) == user_id


@pytest.mark.parametrize("tag", ["a", "!!!!", "a b", "_w", "_____w==", "ä", "YW5u\n"])
def test_a_foreign_tag_is_refused(tag: str) -> None:
    with pytest.raises(InvalidMessageError, match="holds no user_id"):
        from_tag(tag)


def test_shards_are_filled_evenly() -> None:
    counts = [0] * SHARDS
    for number in range(8000):
        counts[Key(f"user-{number}", "2026-10").shard] += 1
    assert min(counts) > 800
