"""Contact lists: their topics, of which a contact chooses (source: ses-contact-lists).

AWS allows one list in an account and region. Stock MiniStack knows none.
"""

import copy
import re
import time
from typing import Any

from ministack.core.responses import AccountRegionScopedDict
from ministack.services import ses_v2

from local.engine.mending import replace
from local.engine.mends.ses import routes
from local.engine.mends.ses.refusals import Reason, RefusedError

STATUSES = ("OPT_IN", "OPT_OUT")
MOST_TOPICS = 20
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_STATE_KEYS = ("_onlyonce_contact_lists", "_onlyonce_contacts")
_lists = AccountRegionScopedDict()  # name -> what GetContactList answers
contacts = AccountRegionScopedDict()
"""Of the one list: lower-case address -> contact."""


def found(name: str) -> dict[str, Any]:
    """The list of that name. Raises RefusedError."""
    if name not in _lists:
        raise RefusedError(Reason.NOT_FOUND, f"List with name: {name} doesn't exist.")
    kept: dict[str, Any] = _lists[name]
    return kept


def topics(kept: dict[str, Any]) -> dict[str, str]:
    """What the list's topics are to somebody who has not chosen: OPT_IN or OPT_OUT, by name."""
    return {topic["TopicName"]: topic["DefaultSubscriptionStatus"] for topic in kept["Topics"]}


def check_topic(kept: dict[str, Any], topic: str) -> None:
    """Raise RefusedError if the list has no such topic."""
    if topic not in topics(kept):
        raise RefusedError(Reason.INVALID, f"List: {kept['ContactListName']} doesn't contain Topic: {topic}")


def mend() -> None:
    """Add the operations, and keep lists and contacts with the rest of SES's state."""
    routes.add_v2("POST", "/contact-lists", _create)
    routes.add_v2("GET", "/contact-lists", _list)
    routes.add_v2("GET", "/contact-lists/([^/]+)", lambda request: routes.json_response(found(request.groups[0])))
    routes.add_v2("PUT", "/contact-lists/([^/]+)", _update)
    routes.add_v2("DELETE", "/contact-lists/([^/]+)", _delete)

    def get_state() -> Any:
        return {**stock_get(), **dict(zip(_STATE_KEYS, map(copy.deepcopy, (_lists, contacts)), strict=True))}

    def load_persisted_state(data: Any) -> None:
        stock_load(data)
        for key, kept in zip(_STATE_KEYS, (_lists, contacts), strict=True):
            kept.update(data.get(key, {}))

    def reset() -> None:
        stock_reset()
        _lists.clear()
        contacts.clear()

    stock_get = replace(ses_v2, "get_state", get_state)
    stock_load = replace(ses_v2, "load_persisted_state", load_persisted_state)
    stock_reset = replace(ses_v2, "reset", reset)


def _create(request: routes.Request) -> routes.Response:
    name = _named("ContactListName", request.body.get("ContactListName"))
    chosen = _checked_topics(request.body.get("Topics") or [])
    if list(_lists.keys()):
        raise RefusedError(Reason.INVALID, "A maximum of 1 Lists allowed per account.")
    now = int(time.time())
    described = {key: request.body[key] for key in ("Description", "Tags") if request.body.get(key)}
    times = {"CreatedTimestamp": now, "LastUpdatedTimestamp": now}
    _lists[name] = {"ContactListName": name, "Topics": chosen, **described, **times}
    return routes.json_response({})


def _list(request: routes.Request) -> routes.Response:
    shown = [{key: one[key] for key in ("ContactListName", "LastUpdatedTimestamp")} for one in _lists.values()]
    page, token, error = ses_v2._paginate(shown, request.query, 1000, maximum=1000)
    response: routes.Response = error or routes.json_response(
        {"ContactLists": page, **({"NextToken": token} if token else {})}
    )
    return response


def _update(request: routes.Request) -> routes.Response:
    """A complete replacement."""
    kept = found(request.groups[0])
    kept["Topics"] = _checked_topics(request.body.get("Topics") or [])
    kept["Description"] = request.body.get("Description") or ""
    kept["LastUpdatedTimestamp"] = int(time.time())
    return routes.json_response({})


def _delete(request: routes.Request) -> routes.Response:
    """With all its contacts."""
    del _lists[found(request.groups[0])["ContactListName"]]
    for address in list(contacts.keys()):
        contacts.pop(address)
    return routes.json_response({})


def _checked_topics(wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    names = [_named("TopicName", topic.get("TopicName")) for topic in wanted]
    if len(names) > MOST_TOPICS:
        raise RefusedError(Reason.INVALID, f"Maximum of <{MOST_TOPICS}> topics allowed per ContactList")
    if len(set(names)) < len(names):
        raise RefusedError(Reason.INVALID, "Duplicate topic names are not allowed within a List.")
    for topic in wanted:
        if topic.get("DefaultSubscriptionStatus") not in STATUSES:
            raise RefusedError(Reason.INVALID, "A topic's DefaultSubscriptionStatus is OPT_IN or OPT_OUT.")
    return wanted


def _named(what: str, name: Any) -> str:
    if not _NAME.fullmatch(str(name or "")):
        rule = "Only alphanumeric characters, underscores(_) and hyphens(-) are allowed."
        raise RefusedError(Reason.INVALID, f"{what} can contain up to 64 characters. {rule}")
    return str(name)
