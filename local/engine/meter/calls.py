"""Calls of AWS's API, by service and operation."""

import re
from typing import Any

from ministack import app

from local.engine.mending import replace
from local.engine.meter.counts import counts, unmetered

UNMETERED_AGENT = "onlyonce/unmetered"
_SERVICE = re.compile(r"Credential=[^/]+/[^/]+/[^/]+/([^/]+)/aws4_request")
_ACTION = re.compile(rb"(?:^|&)Action=(\w+)")
_SES_V2 = {
    ("POST", "/v2/email/outbound-emails"): "SendEmail",
    ("POST", "/v2/email/outbound-bulk-emails"): "SendBulkEmail",
    ("GET", "/v2/email/account"): "GetAccount",
}


def operation(service: str, method: str, path: str, headers: dict[str, str], body: bytes, query: Any) -> str:
    """The operation as its service names it; where only the path tells, and it is not a frequent one, `GET.service`."""
    if path.startswith("/service/"):  # the protocol rpc-v2-cbor
        return path.rpartition("/")[2]
    if service == "ses" and (named := _SES_V2.get((method, path.rstrip("/")))):
        return named
    if "x-amz-target" not in headers and (action := _ACTION.search(body[:2000])):
        return action[1].decode()
    return str(app._ct_event_name(service, method, path, headers, query))


def install() -> None:
    """Look at each request with a signature; nothing else is a call."""

    async def handle(method: str, path: str, headers: Any, body: bytes, query: Any, request_id: str) -> Any:
        unmetered.set(UNMETERED_AGENT in headers.get("user-agent", ""))
        if signed := _SERVICE.search(headers.get("authorization", "")):
            service = signed[1]
            counts.add("calls", f"{service}.{operation(service, method, path, headers, body, query)}")
        return await stock(method, path, headers, body, query, request_id)

    stock = replace(app, "_handle_post_body_shortcuts", handle)
