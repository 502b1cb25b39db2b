"""Who may come in: a browser that was given this start's token, and no page of anybody else's (ADR 38 D3)."""

import secrets
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ops.console.headers import hardened
from ops.console.rendering import rendered

OPEN = ("/static/",)
"""What holds no data, and the page of a refusal is shown with."""
READS = ("GET", "HEAD")
_AGAIN = "Open the address that `onlyonce console` printed when it started: the token in it is good until it ends."


@dataclass(frozen=True)
class Pass:
    """What a start of the console gives out, once: it is good until the console ends."""

    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    form_token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    """In each form: a page of anybody else's does not know it."""

    @property
    def cookie(self) -> str:
        """Cookies know no port: two consoles on this machine must not take each other's."""
        return f"onlyonce-{self.port}"

    @property
    def hosts(self) -> frozenset[str]:
        return frozenset({f"127.0.0.1:{self.port}", f"localhost:{self.port}"})

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/?token={self.token}"


@dataclass(frozen=True)
class Gate:
    """Middleware around every page."""

    app: ASGIApp
    given: Pass

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        answer = self._refused(request) or self._let_in(request)
        await (answer or self.app)(scope, receive, hardened(send))

    def _refused(self, request: Request) -> Response | None:
        """An answer for who must stay outside; None for all others."""
        headers = request.headers
        if headers.get("host", "") not in self.given.hosts:
            return stop(HTTPStatus.MISDIRECTED_REQUEST, "This is no name of this console.", _AGAIN)
        if _from_elsewhere(headers):
            return stop(HTTPStatus.FORBIDDEN, "Another page may not use this console.", _AGAIN)
        if request.method not in READS and headers.get("origin") != f"http://{headers['host']}":
            return stop(HTTPStatus.FORBIDDEN, "Another page may not decide anything here. Nothing was done.", _AGAIN)
        return None

    def _let_in(self, request: Request) -> Response | None:
        """None for who has the token; the cookie in exchange for it; an answer for who has neither."""
        if request.url.path.startswith(OPEN) or self._same(request.cookies.get(self.given.cookie, "")):
            return None
        if request.method in READS and self._same(request.query_params.get("token", "")):
            answer = RedirectResponse(_without_token(request), HTTPStatus.SEE_OTHER)
            answer.set_cookie(self.given.cookie, self.given.token, httponly=True, samesite="strict")
            return answer
        return stop(HTTPStatus.FORBIDDEN, "This browser was not given the console's token.", _AGAIN)

    def _same(self, token: str) -> bool:
        return secrets.compare_digest(token.encode(), self.given.token.encode())


def _from_elsewhere(headers: Headers) -> bool:
    """A request that another origin's page makes. One that leads here, as a link does, shows a page to the person and
    nothing to that page (source: fetch-metadata).
    """
    site, mode = headers.get("sec-fetch-site", "none"), headers.get("sec-fetch-mode", "")
    top = headers.get("sec-fetch-dest", "document") == "document"
    return site not in ("same-origin", "none") and not (mode == "navigate" and top)


def _without_token(request: Request) -> str:
    rest = [(name, value) for name, value in parse_qsl(request.url.query) if name != "token"]
    return request.url.path + (f"?{urlencode(rest)}" if rest else "")


def stop(status: HTTPStatus, what: str, then: str) -> Response:
    """A page that stands alone: no name of a stage, no link to a decision."""
    return Response(rendered("stop.html", what=what, then=then), status, media_type="text/html")
