"""preview, test-send: a mail as its recipient sees it."""

from typing import Annotated

from cyclopts import App, Parameter

from ops.commands.aim import key_of
from ops.commands.order import Month, Order, Stage, StageIfAny, Unstaged, add
from ops.errors import UnclearError
from ops.mail import own_rows, sending
from ops.month.look import latest_period
from ops.session import Session
from shared.errors import InvalidPeriodError
from shared.keys import Key
from shared.periods import Period


def add_to(app: App) -> None:
    add(app, show_mail, "ann 2026-10 --open", "2026-10", name="preview")
    add(app, send_test, "--to me@example.com", "--to me@example.com --user ann --period 2026-10", name="test-send")


def show_mail(
    user: Annotated[str | None, Parameter(help="default: the first three of the month")] = None,
    period: Annotated[Month | None, Parameter(help="default: the latest that has been produced")] = None,
    /,
    *,
    file: Annotated[
        str | None,
        Parameter(name="--from", metavar="FILE", help="of your own usage rows, on the embedded AWS; needs no stage"),
    ] = None,
    open: Annotated[bool, Parameter(help="in the browser")] = False,
    reveal: Annotated[bool, Parameter(help="show the whole address; what a mail says is not masked")] = False,
    stage: StageIfAny = None,
) -> Order | Unstaged:
    """The mail that a user gets, or has got, on a page: HTML wide and narrow, and text."""
    user, period = _told_apart(user, period)
    if file is not None:
        return Unstaged(lambda _: own_rows.preview(file, user or "", str(period or ""), opened=open))
    if stage is None:
        raise UnclearError("--stage is missing, or --from FILE, which needs none")
    return Order(stage, lambda session: _preview(session, user, period, opened=open, reveal=reveal))


def send_test(
    *,
    to: Annotated[str, Parameter(metavar="ADDRESS", help="one of your own")],
    user: Annotated[str | None, Parameter(help="whose mail; default: the first of the month")] = None,
    period: Annotated[Month | None, Parameter(help="default: the latest that has been produced")] = None,
    yes: Annotated[bool, Parameter(help="don't ask before it is sent")] = False,
    stage: Stage,
) -> Order:
    """Send one mail to yourself, marked as a test: outside the outbox, and counted by SES alone."""
    return Order(stage, lambda session: sending.send_test(session, to, _asked(session, user, period), agreed=yes))


def _preview(session: Session, user: str | None, period: Period | None, *, opened: bool, reveal: bool) -> int:
    """The page's engine is loaded by this command alone."""
    from ops.mail.preview import preview

    return preview(session, _asked(session, user, period), opened=opened, reveal=reveal)


def _told_apart(user: str | None, period: Period | None) -> tuple[str | None, Period | None]:
    """A single word that is a month is PERIOD."""
    try:
        return (None, Period.parse(user)) if user and period is None else (user, period)
    except InvalidPeriodError:
        return user, period


def _asked(session: Session, user: str | None, period: Period | None) -> Key | Period:
    month = period or latest_period(session)
    return month if user is None else key_of(user, month)
