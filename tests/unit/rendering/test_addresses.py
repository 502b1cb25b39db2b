"""Addresses that SES will take."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidRowError
from shared.rendering.addresses import usable_email


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ann@example.com", "ann@example.com"),
        ("  ann@example.com\n", "ann@example.com"),
        ("Ann.O'Neil+usage@Example.COM", "Ann.O'Neil+usage@Example.COM"),
        ("a@b.co", "a@b.co"),
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"),
        ("x" * 64 + "@example.com", "x" * 64 + "@example.com"),
        ("success@simulator.amazonses.com", "success@simulator.amazonses.com"),
    ],
)
def test_a_usable_address(text: str, address: str) -> None:
    assert usable_email(text) == address


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "missing"),
        ("", "missing"),
        ("   ", "missing"),
        ("ann", "malformed"),
        ("ann@", "malformed"),
        ("@example.com", "malformed"),
        ("ann@example", "malformed"),
        ("ann@.com", "impossible"),
        ("ann@example.com.", "impossible"),
        ("ann@exa..mple.com", "impossible"),
        ("ann@bob@example.com", "malformed"),
        (".ann@example.com", "malformed"),
        ("ann.@example.com", "malformed"),
        ("a..n@example.com", "malformed"),
        ("ann@example.com,bob@example.com", "malformed"),
        ("ann@example.com;bob@example.com", "malformed"),
        ("<ann@example.com>", "malformed"),
        ('"ann"@example.com', "malformed"),
        ("ann(x)@example.com", "malformed"),
        ("ann@[127.0.0.1]", "malformed|impossible"),
        ("ann@[::1.2]", "malformed|impossible"),
        ("ann@-example.com", "malformed|impossible"),
        ("ann@exam!ple.com", "malformed|impossible"),
        ("ann@example.com/x.y", "malformed|impossible"),
        ("a nn@example.com", "space"),
        ("ann@example.com\r\nBcc: bob@example.com", "space"),
        ("ann\x00@example.com", "printed"),
        ("ann\u200b@example.com", "printed"),
        ("änn@example.com", "ASCII|malformed"),
        ("x" * 65 + "@example.com", "too long"),
        ("ann@" + "x" * 64 + ".com", "impossible"),
        ("ann@" + "x." * 130 + "com", "too long|impossible"),
    ],
)
def test_an_address_that_is_not(text: str | None, says: str) -> None:
    with pytest.raises(InvalidRowError, match=says) as raised:
        usable_email(text)
    assert raised.value.column == "email"


@given(st.one_of(st.text(), st.from_regex(r"[^@\s]{1,70}@[^@\s]{1,70}\.[a-zé]{1,4}"), st.emails()))
def test_an_address_is_one_plain_ascii_address_or_refused(text: str) -> None:
    try:
        address = usable_email(text)
    except InvalidRowError:
        return
    assert address.isascii()
    assert address.isprintable()
    assert address.count("@") == 1
    assert not set(address) & set(' ,;:<>()[]"\\')
    assert len(address) <= 254
    assert usable_email(address) == address


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ann.smith", 'it has no "@"'),
        ("ann.smith@bob@example.com", 'it has 2 "@"'),
        ("@example.com", 'nothing stands before its "@"'),
        ("ann.smith@", 'nothing stands after its "@"'),
        ("ann.smith@example", "its domain has no dot"),
        (".ann.smith@example.com", 'what stands before its "@" is not allowed'),
    ],
)
def test_what_is_wrong_is_said_without_the_address(text: str, says: str) -> None:
    with pytest.raises(InvalidRowError) as raised:
        usable_email(text)
    assert str(raised.value) == f"email is malformed: {says}"


def test_a_domain_that_is_refused_is_refused_each_time() -> None:
    """What is remembered of domains are those that can be used."""
    for _ in range(2):
        with pytest.raises(InvalidRowError):
            usable_email("ann@-example.com")
        assert usable_email("ann@exämple.com") == "ann@xn--exmple-cua.com"
