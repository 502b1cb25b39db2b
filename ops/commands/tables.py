"""reconcile: what is done with the outbox as a whole."""

from typing import Annotated

from cyclopts import App, Parameter

from ops import reconcile as reconciling
from ops.commands.order import By, Order, Reason, Stage, add


def add_to(app: App) -> None:
    add(app, reconcile, '--reason "restored after a deletion"', '--reason "upgraded" --same-table')


def reconcile(
    *,
    reason: Reason,
    same_table: Annotated[
        bool, Parameter(help="nothing was restored: only let the stack know its table (docs/upgrading.md)")
    ] = False,
    again: Annotated[
        bool, Parameter(help="also for the table that the stack knows; the campaign must be paused")
    ] = False,
    yes: Annotated[bool, Parameter(help="don't ask whether the table is right")] = False,
    json: Annotated[bool, Parameter(help="the result as JSON on standard output, and nothing else")] = False,
    by: By = None,
    stage: Stage,
) -> Order:
    """Let a stack work with a restored table: what is unfinished in it becomes UNCERTAIN (docs/runbook.md)."""
    return Order(
        stage,
        lambda session: reconciling.reconcile(
            session, reconciling.Said(by or session.caller(), reason, same_table, again, yes, json)
        ),
    )
