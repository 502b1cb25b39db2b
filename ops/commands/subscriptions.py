"""unsubscribe, resubscribe: one user's mails of all months."""

from typing import Annotated

from cyclopts import App, Parameter

from ops import unsubscribing
from ops.commands.order import By, Order, Reason, Stage, add

Json = Annotated[bool, Parameter(help="a line of JSON, and no question")]


def add_to(app: App) -> None:
    add(app, unsubscribe, 'ann --reason "asked by letter"', 'ann --reason "asked by letter" --yes --json')
    add(app, resubscribe, 'ann --reason "asked by letter"')


def unsubscribe(
    user: str,
    /,
    *,
    reason: Reason,
    yes: Annotated[bool, Parameter(help="don't ask whether to cancel what still waits")] = False,
    json: Json = False,
    by: By = None,
    stage: Stage,
) -> Order:
    """A user gets no more mail, from the next month on; cancels what of theirs still waits, if you say so."""
    return Order(
        stage,
        lambda session: unsubscribing.unsubscribe(
            session, user, reason, by or session.caller(), agreed=yes, as_json=json
        ),
    )


def resubscribe(user: str, /, *, reason: Reason, json: Json = False, by: By = None, stage: Stage) -> Order:
    """A user who has unsubscribed gets mail again, from the next month on."""
    return Order(
        stage,
        lambda session: unsubscribing.resubscribe(session, user, reason, by or session.caller(), as_json=json),
    )
