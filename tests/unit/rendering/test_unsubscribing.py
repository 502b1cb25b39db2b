"""The unsubscribe link: whose it is, and that nobody can make another's."""

import string

import pytest

from shared.rendering.handlebars import required_variables
from shared.rendering.unsubscribing import LINK, SES_LINK, Unsubscribing, token, user_of, variables, written

STACK, KEY, OLD, OTHER = "onlyonce-prod", b"key", b"the key before", b"a key of somebody else"


@pytest.mark.parametrize("user_id", ["ann", "Zoë", "a.b", "x" * 128, "user 1 <b>", "👩‍💻"])
def test_a_token_names_its_user(user_id: str) -> None:
    made = token(KEY, STACK, user_id)
    assert user_of(made, STACK, [KEY]) == user_id
    assert set(made) <= {*string.ascii_letters, *string.digits, "-", "_", "."}, "it stands in a query as it is"


def test_a_token_is_the_users_the_stacks_and_the_keys() -> None:
    named, _, signature = token(KEY, STACK, "ann").partition(".")
    bobs = token(KEY, STACK, "bob").partition(".")[0]
    assert user_of(f"{bobs}.{signature}", STACK, [KEY]) is None
    assert user_of(f"{named}.{signature}", "onlyonce-eu", [KEY]) is None
    assert user_of(f"{named}.{signature}", STACK, [OTHER]) is None
    assert user_of(f"{named}.{signature[:-1]}", STACK, [KEY]) is None
    assert user_of(f"{named}.{signature}", STACK, []) is None


def test_a_key_that_was_rotated_is_known_as_the_one_before() -> None:
    assert user_of(token(OLD, STACK, "ann"), STACK, [KEY, OLD]) == "ann"


@pytest.mark.parametrize("given", ["", ".", "YW5u", "YW5u.", "*.*", "é.é", "_w.x", f"YW5u.{'=' * 43}"])
def test_what_is_no_token_names_nobody(given: str) -> None:
    assert user_of(given, STACK, [KEY]) is None


@pytest.mark.parametrize("page", ["https://example.com/u", "https://example.com/u?lang=en"])
def test_a_page_of_ones_own_is_linked_with_a_token(page: str) -> None:
    own = Unsubscribing(page, STACK, lambda: KEY)
    link = own.link("ann")
    assert link == f"{page}{'&' if '?' in page else '?'}token={token(KEY, STACK, 'ann')}"
    assert own.headers(link) == {
        "List-Unsubscribe": f"<{link}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    assert own.list_management == {}


def test_a_longest_link_fits_into_a_header() -> None:
    """source: ses-headers. The address has 508 characters at most (deploy/settings.js)."""
    own = Unsubscribing(f"https://{'u' * 500}", STACK, lambda: KEY)
    (header, *_) = own.headers(own.link("x" * 128)).items()
    assert len(": ".join(header)) < 996


def test_ses_own_list_has_ses_link_and_no_headers_of_ours() -> None:
    own = Unsubscribing("ses", STACK, contact_list="users", topic="usage")
    assert own.link("ann") == "{{amazonSESUnsubscribeUrl}}"
    assert own.headers(own.link("ann")) == {}
    assert own.list_management == {"ContactListName": "users", "TopicName": "usage"}


def test_a_mail_that_needs_none_has_neither_link_nor_headers() -> None:
    own = Unsubscribing("none", STACK)
    assert (own.link("ann"), own.headers(""), own.list_management) == ("", {}, {})


@pytest.mark.parametrize("setting", ["https://example.com/u", "ses", "none"])
def test_a_template_of_any_setting_has_what_it_asks_for(setting: str) -> None:
    """Also one that was made for another setting: its messages may still wait."""
    part = written("{{{unsubscribe_url}}} {{html.unsubscribe_url}}", setting)
    assert required_variables([part]) <= variables("x").keys() == {LINK, SES_LINK}
