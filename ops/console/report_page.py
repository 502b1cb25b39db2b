"""The report of a month, as the command `report` writes it: to look at, and to save or print from the browser."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from ops.console.asked import asked
from ops.console.desk import Desk
from ops.console.headers import ALONE
from ops.report.gather import facts_of
from ops.report.page import page
from shared.periods import Period


def routes(desk: Desk) -> list[Route]:
    def report(request: Request) -> Response:
        period = Period.parse(request.path_params["period"])
        return HTMLResponse(page(facts_of(desk.session, period, desk.look)), headers=ALONE)

    return [Route("/report/{period}", asked(report))]
