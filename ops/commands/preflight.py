"""preflight: a look at a month before it goes out."""

from typing import Annotated

from cyclopts import App, Parameter

from ops.commands.months import QUERY
from ops.commands.order import Month, Order, Result, Stage, add
from ops.errors import UnclearError
from ops.preflight import command


def add_to(app: App) -> None:
    add(app, preflight, "2026-10", "2026-10 --open", f"2026-10 --result {QUERY}", "2026-10 --anew --json")


def preflight(
    period: Month,
    /,
    *,
    result: Annotated[
        str | None, Result, Parameter(help="look at this stored result of the query; Athena is not asked")
    ] = None,
    anew: Annotated[bool, Parameter(help="ask Athena, also where the month's run has asked already")] = False,
    open: Annotated[bool, Parameter(help="show the sample mails in the browser")] = False,
    reveal: Annotated[bool, Parameter(help="show whole addresses")] = False,
    json: Annotated[bool, Parameter(help="one object, with everything")] = False,
    stage: Stage,
) -> Order:
    """Look at a month before it goes out: whom, whom not and why, sample mails, hours, dollars, what is wrong.

    Asks Athena the month's query, or reads what its run has asked, and writes nothing into the tables.
    """
    if result and anew:
        raise UnclearError("--result reads what was asked, --anew asks: leave one of them out")
    return Order(
        stage,
        lambda session: command.preflight(
            session, period, result=result or "", anew=anew, reveal=reveal, as_json=json, in_browser=open
        ),
    )
