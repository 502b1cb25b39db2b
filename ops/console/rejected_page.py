"""Whose rows of a month could not become a message, and why."""

from itertools import islice

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ops.console.asked import asked
from ops.console.desk import Desk
from ops.rejections import rejections_of
from shared.periods import Period

LISTED = 500


def routes(desk: Desk) -> list[Route]:
    def rejected(request: Request) -> Response:
        period = Period.parse(request.path_params["period"])
        found = rejections_of(desk.session, period)
        shown = list(islice(found, LISTED))
        return desk.page("rejected.html", period=period, shown=shown, more=next(found, None) is not None)

    return [Route("/rejected/{period}", asked(rejected))]
