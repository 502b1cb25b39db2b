"""The month's page, which looks again by itself."""

from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ops.charts import send_curve
from ops.console.addresses import month_address
from ops.console.asked import asked
from ops.console.bar import parts
from ops.console.desk import Desk
from shared.periods import Period
from shared.producing.checks import LOOKED_AT_AGAIN, NEVER_ACCEPTED
from shared.producing.run import HALTED


def routes(desk: Desk) -> list[Route]:
    def home(_: Request) -> Response:
        return RedirectResponse(month_address(desk.latest(desk.session)), HTTPStatus.SEE_OTHER)

    def chosen(request: Request) -> Response:
        period = Period.parse(request.query_params.get("period", "").strip())
        return RedirectResponse(month_address(period), HTTPStatus.SEE_OTHER)

    def month(request: Request) -> Response:
        return desk.page("month.html", **_facts(desk, request))

    def live(request: Request) -> Response:
        return desk.page("month_live.html", **_facts(desk, request))

    def cost(request: Request) -> Response:
        period = Period.parse(request.path_params["period"])
        return desk.page("cost.html", cost=desk.costs.of(period), period=period)

    return [
        Route("/", asked(home)),
        Route("/month", chosen),
        Route("/month/{period}", asked(month)),
        Route("/month/{period}/live", asked(live)),
        Route("/month/{period}/cost", asked(cost)),
    ]


def _facts(desk: Desk, request: Request) -> dict[str, Any]:
    period = Period.parse(request.path_params["period"])
    seen = desk.watch.month(period)
    stopped_for = dict(seen.view.run.stopped_for) if seen.view and seen.view.run else {}
    return {
        "period": period,
        "seen": seen,
        "view": seen.view,
        "curve": send_curve(seen.view.curve, seen.view.at) if seen.view and seen.view.curve else "",
        "parts": parts(seen.view.counts) if seen.view else (),
        "never": NEVER_ACCEPTED & set(stopped_for),
        "recheck": bool(LOOKED_AT_AGAIN & set(stopped_for)) and HALTED not in stopped_for,
    }
