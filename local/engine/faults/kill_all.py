"""All processes of some functions killed at once, as when the machine under them goes away.

    POST /_onlyonce/faults/kill  {"functions": [F, …]} kills them with SIGKILL, busy or not, and tells their pids

What invoked a busy one hears Runtime.ExitError; an idle one is gone as AWS ends it, and the next invocation gets another.
"""

from local.engine.faults import workers
from local.engine.mends.ses import routes


def install() -> None:
    """Answer the URL."""
    routes.add_own("POST", "faults/kill", _kill)


def _kill(request: routes.Request) -> routes.Response:
    functions = request.body.get("functions")
    if not isinstance(functions, list) or not all(isinstance(name, str) for name in functions):
        return routes.json_response({"message": 'Wanted: {"functions": names}.'}, 400)
    return routes.json_response({"killed_pids": [workers.kill(worker) for worker in workers.running(functions)]})
