"""What SES, Athena or DynamoDB say goes on without the address of whoever it is about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.redaction import MASK, redacted

SENDER = "usage@example.com"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Illegal address <ann.b@example.com>", f"Illegal address <{MASK}>"),
        ("'ann@a.test,bob@b.test' is malformed", f"'{MASK},{MASK}' is malformed"),
        ("no address at all", "no address at all"),
        ("(zoë+1@bücher.example)", f"({MASK})"),
    ],
)
def test_an_address_is_masked(said: str, told: str) -> None:
    assert redacted(said) == told


def test_a_known_one_is_masked_also_where_it_is_none() -> None:
    """SES quotes what it can't read; and what it has read, in another case."""
    assert redacted("Missing final '@domain': Ann Smith", "ann smith") == f"Missing final '@domain': {MASK}"


def test_the_senders_stays() -> None:
    said = f"Email address is not verified: {SENDER.title()}. And: ann@example.com"
    assert redacted(said, keep=SENDER) == f"Email address is not verified: {SENDER.title()}. And: {MASK}"


def test_nothing_known_masks_nothing() -> None:
    assert redacted("a reason", "") == "a reason"


@given(st.text(), st.emails(), st.text())
def test_no_address_gets_through(before: str, address: str, after: str) -> None:
    assert address not in redacted(f"{before}{address}{after}", address)
