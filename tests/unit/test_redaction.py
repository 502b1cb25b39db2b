"""The words of SES, Athena or DynamoDB go on without the addresses in them."""

import pytest
from hypothesis import assume, given
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
        ("to 'o'brien@example.com'.", f"to '{MASK}'."),
        ("`ann@example.com`", f"`{MASK}`"),
        ("ann@example.com/", MASK),
        ("{@example.com", MASK),
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


@pytest.mark.parametrize("keep", [SENDER, f"Acme Reports <{SENDER}>"])
@pytest.mark.parametrize(
    "said",
    [
        f"not authorized to perform `ses:SendEmail' on resource `arn:aws:ses:us-east-1:123456789012:identity/{SENDER}'",
        f"`{SENDER}`, ({SENDER}).",
    ],
)
def test_the_senders_stays_where_aws_quotes_it(said: str, keep: str) -> None:
    assert redacted(said, keep=keep) == said


@given(st.text(st.characters(exclude_characters="@/")), st.emails(), st.text(st.characters(exclude_characters="@")))
def test_no_address_gets_through(before: str, address: str, after: str) -> None:
    assume(not address.lstrip("'").startswith("@"))
    said = redacted(f"{before} {address} {after}")
    assert "@" not in said.replace(MASK, "")


def test_a_long_text_is_no_trouble() -> None:
    assert redacted("x" * 300_000 + " ann@example.com").endswith(MASK)
