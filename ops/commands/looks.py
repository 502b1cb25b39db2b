"""status, list, held, suppressed, show: how a stage stands. They change nothing."""

from dataclasses import replace
from typing import Annotated

from cyclopts import App, Parameter

from ops import listing, watching
from ops import rejected as rejections
from ops import show as message
from ops import suppressed as suppression
from ops import user as every_month
from ops.addressee import user_of
from ops.commands.aim import Selecting, key_of
from ops.commands.order import Error, Json, Limit, Month, Order, Reveal, Stage, Statuses, add
from ops.errors import UnclearError
from ops.listing import LISTED, Form
from ops.month.look import latest_period
from ops.selection import Selection
from ops.session import Session
from shared.outbox.states import EXCEPTIONAL, HELD, Status
from shared.periods import Period

_ANY = Period.parse("1970-01")
"""For a check of the user's id alone."""


def add_to(app: App) -> None:
    add(app, status, "", "--watch", "2026-10", "2026-10 --json")
    add(
        app,
        list_,
        "",
        "2026-10 --status BOUNCED --status COMPLAINED",
        "--status DELIVERED --csv delivered.csv",
        name="list",
    )
    add(app, held, "", "--status FAILED --json")
    add(app, rejected, "", "2026-10", "2026-10 --json")
    add(app, suppressed, "", "--period 2026-10", "--period 2026-10 --json")
    add(app, show, "ann 2026-10", "ann", "ann@example.com 2026-10 --reveal")


def status(
    period: Month | None = None,
    /,
    *,
    watch: Annotated[bool, Parameter(help="look again every few seconds, until Ctrl-C")] = False,
    json: Json = False,
    stage: Stage,
) -> Order:
    """How a month stands, by default the latest: what is done, what waits and why, what is held, when it will be done."""
    return Order(stage, lambda session: watching.status(session, watching.Said(period, watch, json)))


def held(
    *,
    selecting: Selecting = Selecting(),  # noqa: B008  # frozen
    json: Json = False,
    stage: Stage,
) -> Order:
    """The messages that wait for a decision; without --json or --limit, the first 50."""
    selection = selecting.selection(HELD)
    shown = replace(selection, limit=selection.limit or (None if json else LISTED))
    return Order(stage, lambda session: listing.held(session, shown, Form(as_json=json)))


def list_(
    period: Month | None = None,
    /,
    *,
    status: Statuses = (),
    error: Error = "",
    limit: Limit = None,
    json: Json = False,
    csv: Annotated[
        str | None, Parameter(metavar="FILE", allow_leading_hyphen=True, help="all as CSV; - is standard output")
    ] = None,
    reveal: Reveal = False,
    yes: Annotated[bool, Parameter(help="don't ask before the whole table is read, for SENT and DELIVERED")] = False,
    stage: Stage,
) -> Order:
    """A month's messages by status; by default of the latest month, and all that did not go as it should."""
    form = Form(json, csv, reveal)
    statuses = frozenset(status) or EXCEPTIONAL
    _check(form, statuses, agreed=yes)

    def carry_out(session: Session) -> int:
        month = period or latest_period(session)
        most = limit or (None if form.whole else LISTED)
        return listing.listed(session, Selection(statuses, str(month), error, most), month, form, agreed=yes)

    return Order(stage, carry_out)


def _check(form: Form, statuses: frozenset[Status], *, agreed: bool) -> None:
    """Raises UnclearError."""
    if form.as_json and form.csv is not None:
        raise UnclearError("--json or --csv, not both")
    if (form.as_json or form.csv == "-") and Selection(statuses).unlisted and not agreed:
        raise UnclearError(
            "for SENT and DELIVERED the whole table is read: --json and --csv - need --yes, as nobody is asked"
        )


def rejected(period: Month | None = None, /, *, json: Json = False, limit: Limit = None, stage: Stage) -> Order:
    """Whose rows of a month could not become a message, and why; by default of the latest month."""
    most = limit or (None if json else LISTED)
    return Order(stage, lambda session: rejections.rejected(session, period, most, as_json=json))


def suppressed(
    *,
    period: Annotated[
        Month | None, Parameter(help="this month's messages that are not final and go to such an address")
    ] = None,
    json: Json = False,
    reveal: Reveal = False,
    limit: Limit = None,
    stage: Stage,
) -> Order:
    """The addresses on the account's suppression list, which SES sends nothing to."""
    most = limit or (None if json else LISTED)
    if period is None:
        return Order(stage, lambda session: suppression.listed(session, most, as_json=json, reveal=reveal))
    return Order(stage, lambda session: suppression.of_month(session, period, most, as_json=json, reveal=reveal))


def show(
    user: Annotated[str, Parameter(help="the user's id, or their address")],
    period: Month | None = None,
    /,
    *,
    json: Json = False,
    reveal: Reveal = False,
    stage: Stage,
) -> Order:
    """One message's story; without PERIOD, all months of the user."""
    key_of(user, _ANY)

    def carry_out(session: Session) -> int:
        user_id = user_of(session, user, period)
        if period is None:
            return every_month.show(session, user_id, reveal=reveal, as_json=json)
        return message.show(session, key_of(user_id, period), reveal=reveal, as_json=json)

    return Order(stage, carry_out)
