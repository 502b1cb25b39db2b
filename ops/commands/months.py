"""produce, halt, close, readmit: what is done with a month as a whole."""

from typing import Annotated

from cyclopts import App, Parameter

from ops import producing
from ops import readmit as restoring
from ops.commands.order import By, Month, Order, Reason, Result, Stage, add

QUERY = "6dcb6c0e-2a8d-4b2b-8d2c-1c5f3a9b7e10"
"""Of the examples: as Athena's ids look."""


def add_to(app: App) -> None:
    add(
        app,
        produce,
        "2026-10",
        "2026-10 --accept fewer",
        "2026-10 --recheck",
        "2026-10 --again",
        f"2026-10 --result {QUERY}",
    )
    add(app, halt, '2026-10 --reason "wrong figures"')
    add(app, close, '2026-10 --reason "wrong figures"')
    add(app, readmit, "onlyonce-prod-restored --period 2026-10")


def produce(
    period: Month,
    /,
    *,
    accept: Annotated[
        tuple[str, ...], Parameter(metavar="WORD", help="go on with a stopped run; the word as `status` names it")
    ] = (),
    recheck: Annotated[bool, Parameter(help="look once more at what a run has stopped for")] = False,
    again: Annotated[bool, Parameter(help="ask Athena anew, also for a completed period")] = False,
    result: Annotated[
        str | None, Result, Parameter(help="take what `preflight` has looked at, instead of asking Athena")
    ] = None,
    yes: Annotated[bool, Parameter(help="don't ask whether the period is right")] = False,
    by: By = None,
    stage: Stage,
) -> Order:
    """Produce a month by hand; it is safe to repeat."""
    return Order(
        stage,
        lambda session: producing.produce(
            session,
            period,
            accept=accept,
            again=again,
            recheck=recheck,
            by=by or session.caller(),
            agreed=yes,
            result=result or "",
        ),
    )


def halt(period: Month, /, *, reason: Reason, by: By = None, stage: Stage) -> Order:
    """Stop producing a month, at once; what is produced stays."""
    return Order(stage, lambda session: producing.halt(session, period, reason, by or session.caller()))


def close(period: Month, /, *, reason: Reason, by: By = None, stage: Stage) -> Order:
    """End a stopped month as it is: what was produced is all."""
    return Order(stage, lambda session: producing.close(session, period, reason, by or session.caller()))


def readmit(
    table: Annotated[str, Parameter(help="the restored one")],
    /,
    *,
    period: Annotated[Month | None, Parameter(help="only this month's messages")] = None,
    yes: Annotated[bool, Parameter(help="don't ask whether the table is right")] = False,
    stage: Stage,
) -> Order:
    """Put back what the outbox has lost, out of a table restored from a point in time (docs/runbook.md)."""
    return Order(stage, lambda session: restoring.readmit(session, table, period, agreed=yes))
