"""HTTP routes for the mends: SES v2 operations, and the engine's own pages under /_onlyonce/.

MiniStack answers all of SES v2 in one function; a route added here is asked first and everything else still
goes there. Handlers run off the event loop, because rendering waits for another process.
"""

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

from ministack import app
from ministack.core.concurrency import run_offloop
from ministack.services import ses_v2

from local.engine.mending import replace
from local.engine.mends.ses.refusals import RefusedError

Response = tuple[int, dict[str, str], bytes]
_V2_PREFIX = "/v2/email"
_OWN_PREFIX = "/_onlyonce/"


@dataclass(frozen=True)
class Request:
    """What a handler sees: JSON body or form, first and every value of each query parameter, groups of the path's pattern."""

    body: dict[str, Any]
    query: dict[str, str]
    every: dict[str, list[str]]
    groups: tuple[str, ...]


Handler = Callable[[Request], Response]


@dataclass(frozen=True)
class _Route:
    method: str
    path: re.Pattern[str]
    handler: Handler
    form: bool = False
    after_s: Callable[[], float] = lambda: 0.0


_routes: list[_Route] = []


def add_v2(method: str, pattern: str, handler: Handler, after_s: Callable[[], float] = lambda: 0.0) -> None:
    """Answer an SES v2 operation, refusals as well, so long after it was carried out; the pattern matches the whole path after
    /v2/email.
    """
    _routes.append(_Route(method, re.compile(_V2_PREFIX + pattern), handler, after_s=after_s))


def add_own(method: str, pattern: str, handler: Handler, *, form: bool = False) -> None:
    """Answer one of the engine's own URLs; the pattern matches the whole path after /_onlyonce/, `form` is what browsers send."""
    _routes.append(_Route(method, re.compile(_OWN_PREFIX + pattern), handler, form))


def json_response(value: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return status, {"Content-Type": "application/json"}, json.dumps(value).encode()


def mend() -> None:
    """Ask the routes before MiniStack's own SES v2 function and before its generic router."""

    async def handle_v2(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        try:
            answer = await _answer(method, path, body, query) or await stock_v2(method, path, headers, body, query)
        except RefusedError as refusal:
            answer = refusal.v2_response()
        return _identified(*answer)

    stock_v2 = replace(ses_v2, "handle_request", handle_v2)

    async def handle_shortcuts(method: str, path: str, headers: Any, body: bytes, query: Any, request_id: str) -> Any:
        own = await _answer(method, path, body, query) if path.startswith(_OWN_PREFIX) else None
        return own or await stock_shortcuts(method, path, headers, body, query, request_id)

    stock_shortcuts = replace(app, "_handle_post_body_shortcuts", handle_shortcuts)


def _identified(status: int, headers: dict[str, str], body: bytes) -> Response:
    """The answer with the id of its request (source: boto3 guide, "Error handling"); stock MiniStack gives none."""
    return status, {**headers, "x-amzn-RequestId": str(uuid4())}, body


async def _answer(method: str, path: str, body: bytes, query: Any) -> Response | None:
    path = path.rstrip("/")
    found = ((route, route.path.fullmatch(path)) for route in _routes if route.method == method)
    route, match = next(((route, match) for route, match in found if match), (None, None))
    if route is None or match is None:
        return None
    content = _form(body) if route.form else _json(body)
    if content is None:
        return json_response({"message": "The request body must be a JSON object."}, 400)
    request = Request(content, {name: values[0] for name, values in query.items()}, query, match.groups())
    try:
        response: Response = await run_offloop(route.handler, request)
    finally:
        await asyncio.sleep(route.after_s())  # on the loop: the threads are few
    return response


def _json(body: bytes) -> dict[str, Any] | None:
    try:
        content = json.loads(body or b"{}")
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _form(body: bytes) -> dict[str, Any]:
    return {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
