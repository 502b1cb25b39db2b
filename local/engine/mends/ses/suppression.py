"""The account's suppression list: mail to an address on it is accepted and counted, and not sent.

Sources: botocore model sesv2 (the operations), SES developer guide, "Using the Amazon SES account-level
suppression list": a reason that the account, or the message's configuration set, does not suppress for lets
the address through. Reasons are BOUNCE and COMPLAINT, both on by default. That letter case does not matter is
an assumption.

Stock MiniStack has no list: it knows no Put or Get, lists nothing and forgets the account's reasons.
"""

import copy
import time
from typing import Any

from ministack.core.responses import AccountRegionScopedDict
from ministack.services import ses_v2

from local.engine.mending import replace
from local.engine.mends.ses import addresses, routes, sending_account
from local.engine.mends.ses.refusals import Reason, RefusedError

_suppressed = AccountRegionScopedDict()  # lower-case address -> SuppressedDestination
_STATE_KEY = "_onlyonce_suppressed"


def applies(recipient: str, configuration_set: str) -> bool:
    """Whether SES keeps a message of that set from the recipient."""
    entry = _suppressed.get(addresses.bare(recipient).lower())
    if entry is None:
        return False
    of_set = (ses_v2._config_sets.get(configuration_set) or {}).get("SuppressionOptions") or {}
    reasons: list[str] = of_set.get("SuppressedReasons", sending_account.current().suppressed_reasons)
    return entry["Reason"] in reasons


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
    sending_account.current().suppressed_reasons = [_reason(r) for r in request.body.get("SuppressedReasons") or []]
    return routes.json_response({})


def _put(request: routes.Request) -> routes.Response:
    address = str(request.body.get("EmailAddress") or "")
    if found := addresses.fault(address):
        raise RefusedError(Reason.INVALID, found)
    _suppressed[addresses.bare(address).lower()] = {
        "EmailAddress": address,
        "Reason": _reason(request.body.get("Reason")),
        "LastUpdateTime": int(time.time()),
    }
    return routes.json_response({})


def _get(request: routes.Request) -> routes.Response:
    entry = _suppressed.get(request.groups[0].lower())
    return routes.json_response({"SuppressedDestination": entry}) if entry else _missing(request.groups[0])


def _delete(request: routes.Request) -> routes.Response:
    entry = _suppressed.pop(request.groups[0].lower(), None)
    return routes.json_response({}) if entry else _missing(request.groups[0])


def _list(request: routes.Request) -> routes.Response:
    entries = [e for e in _suppressed.values() if e["Reason"] in request.query.get("Reason", e["Reason"])]
    page, token, error = ses_v2._paginate(entries, request.query, 1000, maximum=1000)
    summaries = {"SuppressedDestinationSummaries": page, **({"NextToken": token} if token else {})}
    response: routes.Response = error or routes.json_response(summaries)
    return response


def _missing(address: str) -> routes.Response:
    response: routes.Response = ses_v2._json_err(
        "NotFoundException", f"Email address {address} does not exist on your suppression list.", 404
    )
    return response


def _reason(value: Any) -> str:
    if value not in ("BOUNCE", "COMPLAINT"):
        raise RefusedError(Reason.INVALID, f"{value} is not a reason to suppress an address: BOUNCE or COMPLAINT is.")
    return str(value)
