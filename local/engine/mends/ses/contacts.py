"""The contacts of a list, and what each has chosen of its topics (source: ses-contacts).

Assumed, for no page says it: the letter case of an address does not matter; UnsubscribeAll is told by a filter without a topic
only, never by one with a topic.
"""

import time
from typing import Any

from ministack.services import ses_v2

from local.engine.mends.ses import addresses, routes
from local.engine.mends.ses.contact_lists import STATUSES, check_topic, contacts, found, topics
from local.engine.mends.ses.refusals import Reason, RefusedError

Contact = dict[str, Any]
_OF_LIST = "/contact-lists/([^/]+)/contacts"
_LISTED = ("EmailAddress", "TopicPreferences", "TopicDefaultPreferences", "UnsubscribeAll", "LastUpdatedTimestamp")
_CHOSEN = ("TopicPreferences", "UnsubscribeAll", "AttributesData")


def contact_of(address: str) -> Contact | None:
    """The contact with that address, in whatever letter case and with or without a name."""
    kept: Contact | None = contacts.get(addresses.bare(address).lower())
    return kept


def added(address: str, **chosen: Any) -> Contact:
    """A new contact of the account's list."""
    now = int(time.time())
    times = {"CreatedTimestamp": now, "LastUpdatedTimestamp": now}
    nothing_chosen = {"TopicPreferences": [], "UnsubscribeAll": False}
    contact = {"EmailAddress": addresses.bare(address), **nothing_chosen, **chosen, **times}
    contacts[contact["EmailAddress"].lower()] = contact
    return contact


def preferences(contact: Contact) -> dict[str, str]:
    """What the contact itself has chosen: OPT_IN or OPT_OUT, by topic."""
    return {one["TopicName"]: one["SubscriptionStatus"] for one in contact["TopicPreferences"]}


def has_left(contact: Contact, kept: dict[str, Any], topic: str) -> bool:
    """Whether SES keeps mail of that topic, or of the list where it is "", from the contact."""
    status = preferences(contact).get(topic) or topics(kept).get(topic)
    return bool(contact["UnsubscribeAll"]) or status == "OPT_OUT"


def leave(contact: Contact, topic: str) -> None:
    """The contact's own wish: no more mail of that topic, or of the whole list where it is ""."""
    if topic:
        chosen = {**preferences(contact), topic: "OPT_OUT"}
        contact["TopicPreferences"] = [{"TopicName": one, "SubscriptionStatus": chosen[one]} for one in chosen]
    else:
        contact["UnsubscribeAll"] = True
    contact["LastUpdatedTimestamp"] = int(time.time())


def mend() -> None:
    """Add the operations."""
    routes.add_v2("POST", _OF_LIST, _create)
    routes.add_v2("POST", f"{_OF_LIST}/list", _list)
    routes.add_v2("GET", f"{_OF_LIST}/(.+)", _get)
    routes.add_v2("PUT", f"{_OF_LIST}/(.+)", _update)
    routes.add_v2("DELETE", f"{_OF_LIST}/(.+)", _delete)


def _create(request: routes.Request) -> routes.Response:
    address = str(request.body.get("EmailAddress") or "")
    if addresses.fault(address):
        raise RefusedError(Reason.INVALID, f"EmailAddress <{address}> is invalid")
    chosen = _checked(found(request.groups[0]), request.body)
    if contact_of(address):
        raise RefusedError(Reason.ALREADY_EXISTS, f"{address} already exists in List.")
    added(address, **chosen)
    return routes.json_response({})


def _get(request: routes.Request) -> routes.Response:
    kept, contact = _found(request)
    return routes.json_response({"ContactListName": kept["ContactListName"], **contact, **_defaults(kept, contact)})


def _update(request: routes.Request) -> routes.Response:
    """Preferences that the request leaves out are gone."""
    kept, contact = _found(request)
    contact.pop("AttributesData", None)
    contact.update(TopicPreferences=[], UnsubscribeAll=False, LastUpdatedTimestamp=int(time.time()))
    contact.update(_checked(kept, request.body))
    return routes.json_response({})


def _delete(request: routes.Request) -> routes.Response:
    _, contact = _found(request)
    contacts.pop(contact["EmailAddress"].lower())
    return routes.json_response({})


def _list(request: routes.Request) -> routes.Response:
    kept, wanted = found(request.groups[0]), request.body.get("Filter") or {}
    matching = [contact for contact in contacts.values() if _matches(contact, kept, wanted)]
    shown = [
        {key: value for key, value in {**contact, **_defaults(kept, contact)}.items() if key in _LISTED}
        for contact in matching
    ]
    paging = {key: str(value) for key, value in request.body.items() if key in ("PageSize", "NextToken")}
    page, token, error = ses_v2._paginate(shown, paging, 1000, maximum=1000)
    response: routes.Response = error or routes.json_response(
        {"Contacts": page, **({"NextToken": token} if token else {})}
    )
    return response


def _matches(contact: Contact, kept: dict[str, Any], wanted: dict[str, Any]) -> bool:
    status, of_topic = wanted.get("FilteredStatus"), wanted.get("TopicFilter") or {}
    if topic := of_topic.get("TopicName"):
        check_topic(kept, topic)
        chosen = preferences(contact).get(topic)
        default = topics(kept)[topic] if of_topic.get("UseDefaultIfPreferenceUnavailable") else None
        return (chosen or default) == status if status else bool(chosen or default)
    return status is None or contact["UnsubscribeAll"] == (status == "OPT_OUT")


def _defaults(kept: dict[str, Any], contact: Contact) -> dict[str, Any]:
    chosen = preferences(contact)
    of_topics = [
        {"TopicName": name, "SubscriptionStatus": status} for name, status in topics(kept).items() if name not in chosen
    ]
    return {"TopicDefaultPreferences": of_topics}


def _checked(kept: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    for one in body.get("TopicPreferences") or []:
        check_topic(kept, one["TopicName"])
        if one["SubscriptionStatus"] not in STATUSES:
            raise RefusedError(Reason.INVALID, "A SubscriptionStatus is OPT_IN or OPT_OUT.")
    return {key: body[key] for key in _CHOSEN if body.get(key) is not None}


def _found(request: routes.Request) -> tuple[dict[str, Any], Contact]:
    kept, contact = found(request.groups[0]), contact_of(request.groups[1])
    if contact is None:
        raise RefusedError(Reason.NOT_FOUND, f"{request.groups[1]} doesn't exist in List.")
    return kept, contact
