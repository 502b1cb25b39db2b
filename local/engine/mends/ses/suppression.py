"""The account's suppression list: mail to an address on it is accepted and counted, and not sent (source: ses-suppression).

A reason that the account, or the message's configuration set, does not suppress for lets the address through. Reasons are
BOUNCE and COMPLAINT, both on by default. Letter case counts where the list is managed, and does not where mail is sent.

Stock MiniStack has no list: it knows no Put or Get, lists nothing and forgets the account's reasons.
"""

import copy
import time
from datetime import datetime
from typing import Any

from ministack.core.responses import AccountRegionScopedDict
from ministack.services import ses_v2

from local.engine.mending import replace
from local.engine.mends.ses import addresses, routes, sending_account
from local.engine.mends.ses.refusals import Reason, RefusedError

_suppressed = AccountRegionScopedDict()
"""Lower-case address -> SuppressedDestination, by the address as it was put."""
_STATE_KEY = "_onlyonce_suppressed_destinations"


def reason(recipient: str, configuration_set: str) -> str:
    """Why SES keeps a message of that set from the recipient: BOUNCE, COMPLAINT, or "" if it does not."""
    entries = _suppressed.get(addresses.bare(recipient).lower()) or {}
    reasons = _reasons(configuration_set)
    return next((str(entry["Reason"]) for entry in entries.values() if entry["Reason"] in reasons), "")


def learn(event: str, mail: dict[str, Any], about: dict[str, Any]) -> None:
    """Put who bounced for good or complained on the list; `mail` and `about` are an event's objects."""
    why, recipients = _lesson(event, about)
    (configuration_set,) = mail["tags"]["ses:configuration-set"]
    if why not in _reasons(configuration_set):
        return
    for recipient in recipients:
        address = addresses.bare(recipient["emailAddress"])
        if not addresses.is_simulator(address):
            _keep(address, why, MessageId=mail["messageId"], FeedbackId=about["feedbackId"])


def _lesson(event: str, about: dict[str, Any]) -> tuple[str, list[dict[str, str]]]:
    if event == "Bounce" and (about["bounceType"], about["bounceSubType"]) == ("Permanent", "General"):
        return "BOUNCE", about["bouncedRecipients"]
    if event == "Complaint" and not about["complaintSubType"]:
        return "COMPLAINT", about["complainedRecipients"]
    return "", []


def _reasons(configuration_set: str) -> list[str]:
    of_set = (ses_v2._config_sets.get(configuration_set) or {}).get("SuppressionOptions") or {}
    reasons: list[str] = of_set.get("SuppressedReasons", sending_account.current().suppressed_reasons)
    return reasons


def mend() -> None:
    """Add the operations, and keep the list with the rest of SES's state."""
    routes.add_v2("PUT", "/account/suppression", _put_attributes)
    routes.add_v2("PUT", "/suppression/addresses", _put)
    routes.add_v2("GET", "/suppression/addresses", _list)
    routes.add_v2("GET", "/suppression/addresses/(.+)", _get)
    routes.add_v2("DELETE", "/suppression/addresses/(.+)", _delete)

    def get_state() -> Any:
        return {**stock_get(), _STATE_KEY: copy.deepcopy(_suppressed)}

    def load_persisted_state(data: Any) -> None:
        stock_load(data)
        _suppressed.update(data.get(_STATE_KEY, {}))

    def reset() -> None:
        stock_reset()
        _suppressed.clear()

    stock_get = replace(ses_v2, "get_state", get_state)
    stock_load = replace(ses_v2, "load_persisted_state", load_persisted_state)
    stock_reset = replace(ses_v2, "reset", reset)


def _put_attributes(request: routes.Request) -> routes.Response:
    sending_account.current().suppressed_reasons = [_known(r) for r in request.body.get("SuppressedReasons") or []]
    return routes.json_response({})


def _put(request: routes.Request) -> routes.Response:
    address = str(request.body.get("EmailAddress") or "")
    if found := addresses.fault(address):
        raise RefusedError(Reason.INVALID, found)
    _keep(addresses.bare(address), _known(request.body.get("Reason")))
    return routes.json_response({})


def _keep(address: str, why: str, **attributes: str) -> None:
    entry = {"EmailAddress": address, "Reason": why, "LastUpdateTime": int(time.time())}
    _suppressed.setdefault(address.lower(), {})[address] = {
        **entry,
        **({"Attributes": attributes} if attributes else {}),
    }


def _get(request: routes.Request) -> routes.Response:
    entry = _entries(request.groups[0]).get(request.groups[0])
    return routes.json_response({"SuppressedDestination": entry}) if entry else _missing(request.groups[0])


def _delete(request: routes.Request) -> routes.Response:
    entry = _entries(request.groups[0]).pop(request.groups[0], None)
    return routes.json_response({}) if entry else _missing(request.groups[0])


def _entries(address: str) -> dict[str, dict[str, Any]]:
    entries: dict[str, dict[str, Any]] = _suppressed.get(address.lower()) or {}
    return entries


def _list(request: routes.Request) -> routes.Response:
    wanted = request.every.get("Reason") or ["BOUNCE", "COMPLAINT"]
    begin, end = (_moment(request.query.get(name)) for name in ("StartDate", "EndDate"))
    entries = [
        {key: entry[key] for key in ("EmailAddress", "Reason", "LastUpdateTime")}
        for of_address in _suppressed.values()
        for entry in list(of_address.values())
        if entry["Reason"] in wanted
        and (begin is None or entry["LastUpdateTime"] >= begin)
        and (end is None or entry["LastUpdateTime"] <= end)
    ]
    page, token, error = ses_v2._paginate(entries, request.query, 1000, maximum=1000)
    summaries = {"SuppressedDestinationSummaries": page, **({"NextToken": token} if token else {})}
    response: routes.Response = _bad_page(request, error) if error else routes.json_response(summaries)
    return response


def _moment(text: str | None) -> float | None:
    return datetime.fromisoformat(text).timestamp() if text else None


def _bad_page(request: routes.Request, error: Any) -> Any:
    if b"NextToken" not in error[2]:
        return error
    return ses_v2._json_err("InvalidNextTokenException", f"Invalid NextToken: {request.query['NextToken']}")


def _missing(address: str) -> routes.Response:
    response: routes.Response = ses_v2._json_err(
        "NotFoundException", f"Email address {address} does not exist on your suppression list.", 404
    )
    return response


def _known(value: Any) -> str:
    if value not in ("BOUNCE", "COMPLAINT"):
        raise RefusedError(Reason.INVALID, f"{value} is not a reason to suppress an address: BOUNCE or COMPLAINT is.")
    return str(value)
