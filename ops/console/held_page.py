"""Who waits for a decision: in groups, and the members of one."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ops.console.acts.messages import NAMES, allowed
from ops.console.asked import asked
from ops.console.desk import Desk
from ops.console.groups import READ, Group, groups, members


def routes(desk: Desk) -> list[Route]:
    def held(_: Request) -> Response:
        return desk.page("held.html", groups=groups(desk.session), allowed=allowed, names=NAMES)

    def group(request: Request) -> Response:
        one = Group.of(request.query_params)
        found = members(desk.session, one, READ)
        return desk.page("group.html", group=one, members=found, allowed=allowed(one.status), names=NAMES, most=READ)

    return [Route("/held", asked(held)), Route("/held/group", asked(group))]
