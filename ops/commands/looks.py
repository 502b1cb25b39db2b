"""status, held, suppressed, show: how a stage stands. They change nothing."""

from dataclasses import replace
from typing import Annotated

from cyclopts import App, Parameter

from ops import held as held_messages
from ops import show as message
from ops import status as campaign
from ops import suppressed as suppression
from ops.commands.aim import Selecting, key_of
from ops.commands.order import Limit, Month, Order, Stage, add
from shared.outbox.states import HELD

LISTED = 50
"""How many messages or addresses a person is shown without asking for more."""


def add_to(app: App) -> None:
    add(app, status, "", "--period 2026-10")
    add(app, held, "", "--status FAILED --json")
    add(app, suppressed, "", "--period 2026-10", "--period 2026-10 --json")
    add(app, show, "ann 2026-10", "ann 2026-10 --reveal")


def status(
    *,
    period: Annotated[Month | None, Parameter(help="count this month's messages (reads the whole index)")] = None,
    stage: Stage,
) -> Order:
    """How the campaign stands."""
    return Order(stage, lambda session: campaign.status(session, period))


def held(
    *,
    selecting: Selecting = Selecting(),  # noqa: B008  # frozen
    json: Annotated[bool, Parameter(help="a line of JSON for each, as --from reads them; all of them")] = False,
    stage: Stage,
) -> Order:
    """The messages that wait for a decision; without --json or --limit, the first 50."""
    selection = selecting.selection(HELD)
    shown = replace(selection, limit=selection.limit or (None if json else LISTED))
    return Order(stage, lambda session: held_messages.held(session, shown, as_json=json))


def suppressed(
    *,
    period: Annotated[
        Month | None, Parameter(help="this month's messages that are not final and go to such an address")
    ] = None,
    json: Annotated[
        bool, Parameter(help="a line of JSON for each; all of them. With --period, as --from reads them")
    ] = False,
    reveal: Annotated[bool, Parameter(help="show whole addresses")] = False,
    limit: Limit = None,
    stage: Stage,
) -> Order:
    """The addresses on the account's suppression list, which SES sends nothing to."""
    most = limit or (None if json else LISTED)
    if period is None:
        return Order(stage, lambda session: suppression.listed(session, most, as_json=json, reveal=reveal))
    return Order(stage, lambda session: suppression.of_month(session, period, most, as_json=json, reveal=reveal))


def show(
    user: str,
    period: Month,
    /,
    *,
    reveal: Annotated[bool, Parameter(help="show the whole address")] = False,
    stage: Stage,
) -> Order:
    """One message's story."""
    return Order(stage, lambda session: message.show(session, key_of(user, period), reveal=reveal))
