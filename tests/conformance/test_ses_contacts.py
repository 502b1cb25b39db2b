"""Contact lists and their contacts (sources: ses-contact-lists, ses-contacts)."""

from pathlib import Path
from typing import Any

import pytest

from tests.conformance.account import Account, eventually
from tests.conformance.conftest import engine_name
from tests.conformance.ses_account import SesAccount, refusal

LIST = "Everyone"
TOPICS = [
    {"TopicName": "usage", "DisplayName": "Monthly usage", "DefaultSubscriptionStatus": "OPT_IN"},
    {"TopicName": "news", "DisplayName": "News", "DefaultSubscriptionStatus": "OPT_OUT"},
]


@pytest.fixture
def ses(aws: Account) -> SesAccount:
    """An account with a list of two topics."""
    account = SesAccount(aws)
    account.v2.create_contact_list(ContactListName=LIST, Topics=TOPICS, Description="Our users")
    return account


def contact(ses: SesAccount, address: str, **chosen: Any) -> None:
    """Add a contact; `chosen` are statuses of topics, and all=True."""
    topics = {name: status for name, status in chosen.items() if name != "all"}
    preferences = [{"TopicName": name, "SubscriptionStatus": status} for name, status in topics.items()]
    ses.v2.create_contact(
        ContactListName=LIST,
        EmailAddress=address,
        TopicPreferences=preferences,
        UnsubscribeAll=chosen.get("all", False),
    )


def matching(ses: SesAccount, **wanted: Any) -> list[str]:
    """Who is listed by a filter, by the part of the address before the @."""
    listed = ses.v2.list_contacts(ContactListName=LIST, **({"Filter": wanted} if wanted else {}))["Contacts"]
    return [one["EmailAddress"].partition("@")[0] for one in listed]


def test_a_list_can_be_read_changed_and_deleted(ses: SesAccount) -> None:
    made = ses.v2.get_contact_list(ContactListName=LIST)
    assert (made["ContactListName"], made["Topics"], made["Description"]) == (LIST, TOPICS, "Our users")
    assert [one["ContactListName"] for one in ses.v2.list_contact_lists()["ContactLists"]] == [LIST]
    ses.v2.update_contact_list(ContactListName=LIST, Topics=TOPICS[:1])
    assert ses.v2.get_contact_list(ContactListName=LIST)["Topics"] == TOPICS[:1]
    contact(ses, "ann@example.com")
    ses.v2.delete_contact_list(ContactListName=LIST)
    assert ses.v2.list_contact_lists()["ContactLists"] == []
    missing = refusal(ses.v2.get_contact_list, ContactListName=LIST)
    assert missing == (404, "NotFoundException", f"List with name: {LIST} doesn't exist.")
    ses.v2.create_contact_list(ContactListName=LIST, Topics=TOPICS)
    assert matching(ses) == []


def test_an_account_has_one_list(ses: SesAccount) -> None:
    """A second one is refused, of the same name too."""
    for name in ("Another", LIST):
        refused = refusal(ses.v2.create_contact_list, ContactListName=name)
        assert (refused.code, refused.message) == ("BadRequestException", "A maximum of 1 Lists allowed per account.")


@pytest.mark.parametrize(
    "request_",
    [
        {"ContactListName": "with blanks"},
        {"ContactListName": "x" * 65},
        {"Topics": [TOPICS[0], TOPICS[0]]},
        {"Topics": [{**TOPICS[0], "TopicName": f"topic{number}"} for number in range(21)]},
        {"Topics": [{**TOPICS[0], "TopicName": "a topic"}]},
    ],
    ids=["blank", "long", "twice", "too many", "topic"],
)
def test_a_malformed_list_is_refused(aws: Account, request_: dict[str, Any]) -> None:
    """As one with more than 20 topics, or two of one name."""
    ses = SesAccount(aws)
    refused = refusal(ses.v2.create_contact_list, **{"ContactListName": LIST, "Topics": TOPICS, **request_})
    assert (refused.status, refused.code) == (400, "BadRequestException")


def test_a_contact_has_its_choices_and_the_defaults_of_the_rest(ses: SesAccount) -> None:
    contact(ses, "ann@example.com", usage="OPT_OUT")
    found = ses.v2.get_contact(ContactListName=LIST, EmailAddress="ann@example.com")
    assert found["TopicPreferences"] == [{"TopicName": "usage", "SubscriptionStatus": "OPT_OUT"}]
    assert found["TopicDefaultPreferences"] == [{"TopicName": "news", "SubscriptionStatus": "OPT_OUT"}]
    assert found["UnsubscribeAll"] is False


def test_an_update_replaces_the_choices(ses: SesAccount) -> None:
    """Those that it leaves out are gone (API reference, UpdateContact)."""
    contact(ses, "ann@example.com", usage="OPT_OUT", all=True)
    chosen = [{"TopicName": "news", "SubscriptionStatus": "OPT_IN"}]
    ses.v2.update_contact(ContactListName=LIST, EmailAddress="ann@example.com", TopicPreferences=chosen)
    found = ses.v2.get_contact(ContactListName=LIST, EmailAddress="ann@example.com")
    assert (found["TopicPreferences"], found["UnsubscribeAll"]) == (chosen, False)


def test_a_contact_is_there_once_until_it_is_deleted(ses: SesAccount) -> None:
    contact(ses, "ann+1@example.com")
    named = {"ContactListName": LIST, "EmailAddress": "ann+1@example.com"}
    assert refusal(ses.v2.create_contact, **named).code == "AlreadyExistsException"
    ses.v2.delete_contact(**named)
    for operation in (ses.v2.get_contact, ses.v2.update_contact, ses.v2.delete_contact):
        missing = refusal(operation, **named)
        assert missing == (404, "NotFoundException", "ann+1@example.com doesn't exist in List.")


def test_an_unknown_topic_and_a_malformed_address_are_refused(ses: SesAccount) -> None:
    unknown = refusal(contact, ses, "ann@example.com", sports="OPT_IN")
    assert unknown == (400, "BadRequestException", f"List: {LIST} doesn't contain Topic: sports")
    assert refusal(contact, ses, "nobody").code == "BadRequestException"
    assert matching(ses) == []


def test_contacts_can_be_listed_by_what_they_want(ses: SesAccount) -> None:
    """A topic's default counts for somebody who has not chosen only if it is asked for."""
    contact(ses, "default@example.com")
    contact(ses, "in@example.com", usage="OPT_IN")
    contact(ses, "out@example.com", usage="OPT_OUT")
    contact(ses, "none@example.com", all=True)
    usage = {"TopicName": "usage"}
    either = {"TopicName": "usage", "UseDefaultIfPreferenceUnavailable": True}
    assert matching(ses) == ["default", "in", "out", "none"]
    assert matching(ses, FilteredStatus="OPT_IN", TopicFilter=usage) == ["in"]
    assert matching(ses, FilteredStatus="OPT_OUT", TopicFilter=usage) == ["out"]
    assert matching(ses, FilteredStatus="OPT_IN", TopicFilter=either) == ["default", "in", "none"]
    assert matching(ses, FilteredStatus="OPT_OUT", TopicFilter=either) == ["out"]
    assert matching(ses, FilteredStatus="OPT_OUT") == ["none"]
    assert matching(ses, FilteredStatus="OPT_IN") == ["default", "in", "out"]
    unknown = refusal(matching, ses, FilteredStatus="OPT_IN", TopicFilter={"TopicName": "sports"})
    assert unknown.code == "BadRequestException"


def test_the_listing_has_pages(ses: SesAccount) -> None:
    for number in range(5):
        contact(ses, f"user{number}@example.com")
    found: list[str] = []
    token: dict[str, str] = {}
    for _ in range(3):
        page = ses.v2.list_contacts(ContactListName=LIST, PageSize=2, **token)
        found += [one["EmailAddress"] for one in page["Contacts"]]
        token = {"NextToken": page["NextToken"]} if "NextToken" in page else {}
    assert found == [f"user{number}@example.com" for number in range(5)]
    assert token == {}


def test_a_killed_engine_forgets_no_contact(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    """They are on disk up to the engine's last second."""
    settings: dict[str, Any] = {"data_dir": tmp_path / "data", "stock": engine_name(pytestconfig) == "stock"}
    first = Account(tmp_path, **settings)
    try:
        before = SesAccount(first)
        before.v2.create_contact_list(ContactListName=LIST, Topics=TOPICS)
        contact(before, "ann@example.com", usage="OPT_OUT")
        state = tmp_path / "data" / "state"
        eventually(lambda: any(b"ann@example.com" in file.read_bytes() for file in state.glob("*.json")))
    finally:
        first.kill()
    second = Account(tmp_path, **settings)
    try:
        after = SesAccount(second, before.id)
        assert matching(after, FilteredStatus="OPT_OUT", TopicFilter={"TopicName": "usage"}) == ["ann"]
    finally:
        second.stop()
