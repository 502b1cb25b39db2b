"""The page behind a mail's link to unsubscribe, and the one-click request of RFC 8058 (source: ses-subscriptions).

GET shows a button and changes nothing: programs that look at links follow them. POST with List-Unsubscribe=One-Click takes the
recipient off the mail's topic, or off the whole list where the mail has none, and tells it as a Subscription event. Being asked
again changes nothing and is told no more. AWS's own page lets a contact choose among all topics; this one does not.
"""

from datetime import UTC, datetime
from html import escape
from typing import Any

from ministack.core.responses import request_scope

from local.engine.mends.ses import contact_lists, contacts, delivery, events, inbox, routes
from local.engine.mends.ses.mail import Content, ListManagement, Mail

_ONE_CLICK = ("List-Unsubscribe", "One-Click")
_STATUSES = {"OPT_IN": "OptIn", "OPT_OUT": "OptOut"}
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; form-action 'self'",
    "Referrer-Policy": "no-referrer",
}
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<h1>{title}</h1>{rest}</html>"""
_BUTTON = '<form method="post"><button name="{}" value="{}">Unsubscribe</button></form>'.format(*_ONE_CLICK)


def mend() -> None:
    """Add the page."""
    routes.add_own("GET", "unsubscribe/([^/]+)", _ask)
    routes.add_own("POST", "unsubscribe/([^/]+)", _unsubscribe, form=True)


def _ask(request: routes.Request) -> routes.Response:
    found = _led_to(request)
    if found is None:
        return _page(404, "This link leads nowhere.")
    title = f"Unsubscribe {', '.join(_recipients(found.mail))} from {_what(found.mail)}?"
    return _page(200, title, _BUTTON)


def _unsubscribe(request: routes.Request) -> routes.Response:
    found = _led_to(request)
    if found is None:
        return _page(404, "This link leads nowhere.")
    if request.body.get(_ONE_CLICK[0]) != _ONE_CLICK[1]:
        return _page(400, "Nothing was changed.", "<p>The request lacks List-Unsubscribe=One-Click.</p>")
    with request_scope(found.account, found.region):
        _leave(found.mail)
    return _page(200, f"{', '.join(_recipients(found.mail))} gets no more mail of {_what(found.mail)}.")


def _led_to(request: routes.Request) -> inbox.Located | None:
    """The mail that has the link: it belongs to a list and has one recipient."""
    found = inbox.located(request.groups[0])
    return found if found and found.mail.get("ListManagement") and len(_recipients(found.mail)) == 1 else None


def _recipients(mail: dict[str, Any]) -> list[str]:
    return [*mail["To"], *mail["CC"], *mail["BCC"]]


def _what(mail: dict[str, Any]) -> str:
    list_name, topic = mail["ListManagement"]
    return f"{topic} ({list_name})" if topic else f"all of {list_name}"


def _leave(mail: dict[str, Any]) -> None:
    list_name, topic = mail["ListManagement"]
    kept, (recipient,) = contact_lists.found(list_name), _recipients(mail)
    contact = contacts.contact_of(recipient) or contacts.added(recipient)
    before = _preferences(contact, kept)
    contacts.leave(contact, topic)
    if (after := _preferences(contact, kept)) != before:
        about = {"contactList": list_name, "source": "UnsubscribeHeader"}
        changed = {**about, "newTopicPreferences": after, "oldTopicPreferences": before}
        delivery.later(0.0, events.SUBSCRIPTION, _mail_object(mail), changed)


def _preferences(contact: contacts.Contact, kept: dict[str, Any]) -> dict[str, Any]:
    chosen, all_topics = contacts.preferences(contact), contact_lists.topics(kept)
    defaults = {name: status for name, status in all_topics.items() if name not in chosen}
    return {
        "unsubscribeAll": contact["UnsubscribeAll"],
        "topicSubscriptionStatus": _statuses(chosen),
        "topicDefaultSubscriptionStatus": _statuses(defaults),
    }


def _statuses(by_topic: dict[str, str]) -> list[dict[str, str]]:
    return [{"topicName": name, "subscriptionStatus": _STATUSES[status]} for name, status in by_topic.items()]


def _mail_object(record: dict[str, Any]) -> dict[str, Any]:
    mail = Mail(
        operation=record["Type"],
        source=record["Source"],
        content=Content(record["Subject"]),
        to=record["To"],
        cc=record["CC"],
        bcc=record["BCC"],
        configuration_set=record["ConfigurationSetName"],
        tags=list(record["Tags"].items()),
        headers=list(record["Headers"].items()),
        managed_by=ListManagement(*record["ListManagement"]),
    )
    sent_at = events.iso(datetime.fromtimestamp(record["Timestamp"], UTC))
    return {**events.mail_object(record["MessageId"], mail, record["Subject"]), "timestamp": sent_at}


def _page(status: int, title: str, rest: str = "") -> routes.Response:
    return status, dict(_HEADERS), _PAGE.format(title=escape(title), rest=rest).encode()
