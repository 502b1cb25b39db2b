"""A mail that names a contact list: its headers, its link, and who does not get it (source: ses-subscriptions)."""

import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import pytest

from tests.conformance.account import Account
from tests.conformance.ses_account import RECIPIENT, EventLog, SesAccount, refusal

LIST, TOPIC = "Everyone", "usage"
TOPICS = [
    {"TopicName": TOPIC, "DisplayName": "Monthly usage", "DefaultSubscriptionStatus": "OPT_IN"},
    {"TopicName": "news", "DisplayName": "News", "DefaultSubscriptionStatus": "OPT_OUT"},
]
MANAGED = {"ContactListName": LIST, "TopicName": TOPIC}
PLACEHOLDER = "{{amazonSESUnsubscribeUrl}}"


@pytest.fixture
def ses(aws: Account) -> SesAccount:
    """An account with a list of two topics."""
    account = SesAccount(aws)
    account.v2.create_contact_list(ContactListName=LIST, Topics=TOPICS)
    return account


def link(ses: SesAccount, message_id: str) -> str:
    """Where a mail's List-Unsubscribe leads; AssertionError if it has none."""
    headers = ses.mail(message_id).get("Headers") or {}
    assert headers.get("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"
    value = headers["List-Unsubscribe"]
    assert value.startswith(f"<{ses.url}/_onlyonce/")
    return str(value).strip("<>")


def ask(url: str, form: dict[str, str] | None = None) -> tuple[int, str]:
    """(HTTP status, page): GET, or POST where there is a form."""
    body = None if form is None else urllib.parse.urlencode(form).encode()
    try:
        with urllib.request.urlopen(url, body) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def one_click(url: str) -> int:
    """The HTTP status of what a mail program does (RFC 8058)."""
    return ask(url, {"List-Unsubscribe": "One-Click"})[0]


def preferences(ses: SesAccount) -> dict[str, Any]:
    """What the recipient has chosen: statuses by topic, and `all`."""
    found = ses.v2.get_contact(ContactListName=LIST, EmailAddress=RECIPIENT)
    chosen = {one["TopicName"]: one["SubscriptionStatus"] for one in found["TopicPreferences"]}
    return {**chosen, "all": found["UnsubscribeAll"]}


def test_a_mail_gets_the_headers_over_its_own(ses: SesAccount) -> None:
    own = [{"Name": "List-UNSUBSCRIBE", "Value": "<https://example.com>"}, {"Name": "X-Kept", "Value": "1"}]
    content = {"TemplateName": ses.template(), "TemplateData": "{}", "Headers": own}
    message_id = ses.send(Content={"Template": content}, ListManagementOptions=MANAGED)
    assert link(ses, message_id)
    assert set(ses.mail(message_id)["Headers"]) == {"List-Unsubscribe", "List-Unsubscribe-Post", "X-Kept"}


def test_a_templates_placeholders_are_replaced_twice(ses: SesAccount) -> None:
    """In text and HTML, not in the subject; what comes after the second one stays."""
    template = ses.template(PLACEHOLDER, Text=f"Stop: {PLACEHOLDER}", Html=f"<a href='{PLACEHOLDER}'>{PLACEHOLDER}</a>")
    message_id = ses.send_template(template, {}, ListManagementOptions=MANAGED)
    mail, url = ses.mail(message_id), link(ses, message_id)
    assert (mail["Subject"], mail["BodyText"]) == (PLACEHOLDER, f"Stop: {url}")
    assert mail["BodyHtml"] == f"<a href='{url}'>{PLACEHOLDER}</a>"


def test_so_are_those_of_a_mail_without_a_template(ses: SesAccount) -> None:
    body = {"Text": {"Data": f"{PLACEHOLDER} {PLACEHOLDER}"}, "Html": {"Data": PLACEHOLDER}}
    content = {"Simple": {"Subject": {"Data": "Usage"}, "Body": body}}
    message_id = ses.send(Content=content, ListManagementOptions=MANAGED)
    mail, url = ses.mail(message_id), link(ses, message_id)
    assert (mail["BodyText"], mail["BodyHtml"]) == (f"{url} {url}", PLACEHOLDER)


def test_without_a_list_the_placeholder_is_an_attribute_like_any_other(ses: SesAccount) -> None:
    """It fails the rendering, and TestRenderEmailTemplate, which knows no list; data can give it."""
    template = ses.template(Text=PLACEHOLDER)
    assert ses.send_template(template, {})
    assert ses.inbox() == []
    rendering = {"TemplateName": template, "TemplateData": "{}"}
    assert "amazonSESUnsubscribeUrl" in refusal(ses.v2.test_render_email_template, **rendering).message
    given = {"amazonSESUnsubscribeUrl": PLACEHOLDER}
    message_id = ses.send_template(template, given, ListManagementOptions=MANAGED)
    assert ses.mail(message_id)["BodyText"] == link(ses, message_id)


def test_several_recipients_get_neither(ses: SesAccount) -> None:
    """They become contacts all the same."""
    to = ["a@example.com", "b@example.com"]
    template = ses.template(Text=PLACEHOLDER)
    message_id = ses.send_template(template, {}, Destination={"ToAddresses": to}, ListManagementOptions=MANAGED)
    mail = ses.mail(message_id)
    assert (mail["BodyText"], mail.get("Headers")) == (PLACEHOLDER, {})
    assert [one["EmailAddress"] for one in ses.v2.list_contacts(ContactListName=LIST)["Contacts"]] == to


def test_a_recipient_becomes_a_contact_without_preferences(ses: SesAccount) -> None:
    ses.send(f"Ann <{RECIPIENT}>", ListManagementOptions=MANAGED)
    ses.send(ListManagementOptions=MANAGED)
    (found,) = ses.v2.list_contacts(ContactListName=LIST)["Contacts"]
    assert (found["EmailAddress"], found["TopicPreferences"], found["UnsubscribeAll"]) == (RECIPIENT, [], False)


def test_an_unknown_list_and_an_unknown_topic_are_refused(ses: SesAccount) -> None:
    """Nothing is sent, and nobody becomes a contact."""
    refused = refusal(ses.send, ListManagementOptions={"ContactListName": "Nobody"})
    assert refused == (404, "NotFoundException", "List with name: Nobody doesn't exist.")
    refused = refusal(ses.send, ListManagementOptions={"ContactListName": LIST, "TopicName": "sports"})
    assert refused == (400, "BadRequestException", f"List: {LIST} doesn't contain Topic: sports")
    assert (ses.inbox(), ses.v2.list_contacts(ContactListName=LIST)["Contacts"]) == ([], [])


@pytest.mark.parametrize(
    ("chosen", "managed"),
    [
        ({"UnsubscribeAll": True}, MANAGED),
        ({"UnsubscribeAll": True}, {"ContactListName": LIST}),
        ({"TopicPreferences": [{"TopicName": TOPIC, "SubscriptionStatus": "OPT_OUT"}]}, MANAGED),
        ({}, {"ContactListName": LIST, "TopicName": "news"}),
    ],
    ids=["all", "all, no topic", "topic", "default"],
)
def test_who_has_left_is_not_sent_to(ses: SesAccount, chosen: dict[str, Any], managed: dict[str, str]) -> None:
    """Taken, counted, not sent: Bounce Permanent/UnsubscribedRecipient."""
    log = EventLog(ses, "SEND", "DELIVERY", "BOUNCE")
    ses.v2.create_contact(ContactListName=LIST, EmailAddress=RECIPIENT, **chosen)
    message_id = ses.send(ConfigurationSetName=log.configuration_set, ListManagementOptions=managed)
    sent, bounced = log.first(2)
    assert [sent["detail-type"], bounced["detail-type"]] == ["Email Sent", "Email Bounced"]
    bounce = bounced["detail"]["bounce"]
    assert (bounce["bounceType"], bounce["bounceSubType"]) == ("Permanent", "UnsubscribedRecipient")
    assert ses.v2.get_account()["SendQuota"]["SentLast24Hours"] == 1
    mail = ses.mail(message_id)
    assert (mail["Undelivered"], mail["Became"]) == ([RECIPIENT], ["unsubscribed"])
    assert ses.v2.list_suppressed_destinations()["SuppressedDestinationSummaries"] == []


@pytest.mark.parametrize("managed", [None, {"ContactListName": LIST}, {"ContactListName": LIST, "TopicName": "news"}])
def test_other_mail_still_comes(ses: SesAccount, managed: dict[str, str] | None) -> None:
    """Of no list, of no topic, and of another topic."""
    topics = [
        {"TopicName": TOPIC, "SubscriptionStatus": "OPT_OUT"},
        {"TopicName": "news", "SubscriptionStatus": "OPT_IN"},
    ]
    ses.v2.create_contact(ContactListName=LIST, EmailAddress=RECIPIENT, TopicPreferences=topics)
    request: dict[str, Any] = {"ListManagementOptions": managed} if managed else {}
    message_id = ses.send(**request)
    assert ses.mail(message_id)["Undelivered"] == []


def test_looking_at_the_link_changes_nothing_and_one_click_unsubscribes(ses: SesAccount) -> None:
    """From the mail's topic only; again, it changes nothing."""
    url = link(ses, ses.send(ListManagementOptions=MANAGED))
    status, page = ask(url)
    assert status == 200
    assert '<button name="List-Unsubscribe" value="One-Click">' in page
    assert ask(url, {})[0] == 400
    assert preferences(ses) == {"all": False}
    assert (one_click(url), one_click(url)) == (200, 200)
    assert preferences(ses) == {TOPIC: "OPT_OUT", "all": False}
    again = ses.send(ListManagementOptions=MANAGED)
    assert ses.mail(again)["Undelivered"] == [RECIPIENT]
    assert ask(url + "0")[0] == 404


def test_without_a_topic_one_click_means_all_of_them(ses: SesAccount) -> None:
    assert one_click(link(ses, ses.send(ListManagementOptions={"ContactListName": LIST}))) == 200
    assert preferences(ses) == {"all": True}


def test_it_is_told_as_a_subscription_event(ses: SesAccount) -> None:
    """Email Subscribed, once, with the mail, its tags, and the choices before and after."""
    log = EventLog(ses, "SUBSCRIPTION")
    message_id = ses.send(
        ConfigurationSetName=log.configuration_set,
        EmailTags=[{"Name": "period", "Value": "2026-10"}],
        ListManagementOptions=MANAGED,
    )
    one_click(link(ses, message_id))
    one_click(link(ses, message_id))
    (event,) = log.first(1)
    detail, told = event["detail"], event["detail"]["subscription"]
    assert (event["detail-type"], detail["eventType"]) == ("Email Subscribed", "Subscription")
    assert (detail["mail"]["messageId"], detail["mail"]["tags"]["period"]) == (message_id, ["2026-10"])
    assert (told["contactList"], told["source"], told["timestamp"][-1]) == (LIST, "UnsubscribeHeader", "Z")
    left = {"topicName": TOPIC, "subscriptionStatus": "OptOut"}
    assert told["newTopicPreferences"]["topicSubscriptionStatus"] == [left]
    assert told["newTopicPreferences"]["unsubscribeAll"] is False
    assert told["oldTopicPreferences"]["topicSubscriptionStatus"] == []
    with pytest.raises(AssertionError):
        log.first(2)
