"""forget, export: what is known of one user."""

from typing import Annotated

from cyclopts import App, Parameter

from ops.commands.order import By, Order, Reason, Stage, add
from ops.errors import UnclearError
from ops.privacy import export as handing_out
from ops.privacy import forget as erasing
from ops.session import Session
from shared.errors import InvalidMessageError
from shared.keys import Key


def add_to(app: App) -> None:
    add(app, forget, 'ann --reason "asked us to"')
    add(app, export, "ann")


def forget(
    user: str,
    /,
    *,
    reason: Reason,
    by: By = None,
    json: Annotated[bool, Parameter(help="what was erased and what was not, as one object")] = False,
    yes: Annotated[bool, Parameter(help="don't ask whether the user is right")] = False,
    stage: Stage,
) -> Order:
    """Erase a user's address and what their mails said, for good; they are still not mailed twice."""

    def carry_out(session: Session) -> int:
        _check(user)
        return erasing.forget(session, user, reason, by or session.caller(), as_json=json, agreed=yes)

    return Order(stage, carry_out)


def export(user: str, /, *, stage: Stage) -> Order:
    """Everything that is known of a user, as JSON. It changes nothing."""

    def carry_out(session: Session) -> int:
        _check(user)
        return handing_out.export(session, user)

    return Order(stage, carry_out)


def _check(user_id: str) -> None:
    """Raises UnclearError for an id that no message can have."""
    try:
        Key.of(user_id, "2026-01")
    except InvalidMessageError as error:
        raise UnclearError(str(error)) from error
