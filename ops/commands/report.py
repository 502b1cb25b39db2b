"""report: how a month went, on one page."""

from typing import Annotated

from cyclopts import App, Parameter

from ops.commands.order import Json, Month, Order, Stage, add
from ops.errors import UnclearError
from ops.session import Session
from shared.periods import Period


def add_to(app: App) -> None:
    add(app, report, "2026-10", "2026-10 --open", "2026-10 --output october.html", "2026-10 --json")


def report(
    period: Month,
    /,
    *,
    open: Annotated[bool, Parameter(help="the page, in the browser")] = False,
    output: Annotated[str | None, Parameter(metavar="FILE", help="where to; default: in .local/")] = None,
    json: Json = False,
    stage: Stage,
) -> Order:
    """Write one page about a month: what came of it, how fast, what it cost. It has no address; it changes nothing."""
    if json and (open or output is not None):
        raise UnclearError("--json shows the figures: it takes neither --open nor --output")
    return Order(stage, lambda session: _carry_out(session, period, output=output, opens=open, as_json=json))


def _carry_out(session: Session, period: Period, *, output: str | None, opens: bool, as_json: bool) -> int:
    """What draws is loaded by this command alone: every other starts without it."""
    from ops.report import command

    return command.report(session, period, output=output, opens=opens, as_json=as_json)
