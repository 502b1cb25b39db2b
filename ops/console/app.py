"""The console's pages, behind their gate."""

from http import HTTPStatus
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from ops.console import act_page, docs_page, held_page, message_page, month_page, rejected_page, report_page
from ops.console.desk import Desk
from ops.console.gate import Gate
from ops.errors import RefusedError, UnreadableError
from ops.pages.environment import STYLE
from shared.errors import InvalidMessageError, InvalidPeriodError, OnlyonceError

_FOLDER = Path(__file__).parent / "static"
STATIC = {"style.css": STYLE, **{path.name: path for path in _FOLDER.iterdir()}}


def make_app(desk: Desk) -> Starlette:
    pages = [
        route
        for room in (month_page, message_page, held_page, rejected_page, report_page, docs_page, act_page)
        for route in room.routes(desk)
    ]
    return Starlette(
        routes=[*pages, Route("/static/{name}", _static)],
        middleware=[Middleware(Gate, given=desk.given)],
        exception_handlers={
            HTTPException: lambda request, error: _trouble(desk, request, error),
            RefusedError: lambda request, error: _trouble(desk, request, error),
            UnreadableError: lambda request, error: _trouble(desk, request, error),
            OnlyonceError: lambda request, error: _trouble(desk, request, error),
            OSError: lambda request, error: _trouble(desk, request, error),
        },
    )


def _static(request: Request) -> Response:
    path = STATIC.get(request.path_params["name"])
    if path is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return FileResponse(path)


def _trouble(desk: Desk, _: Request, error: Exception) -> Response:
    """The page of a question that was refused, or that nobody answered."""
    status, why = HTTPStatus.BAD_GATEWAY, str(error)
    match error:
        case HTTPException():
            status = HTTPStatus(error.status_code)
            why = _MISSING.get(status, error.detail)
        case RefusedError():
            status = HTTPStatus.CONFLICT
        case InvalidMessageError() | InvalidPeriodError():
            status = HTTPStatus.BAD_REQUEST
    return desk.page("trouble.html", status, why=why)


_MISSING = {
    HTTPStatus.NOT_FOUND: "there is no such page; with --read-only there is none that decides anything",
    HTTPStatus.METHOD_NOT_ALLOWED: "this page takes no such request",
}
