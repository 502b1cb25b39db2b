"""console: pages in the browser, with everything that is seen and decided here."""

from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number

from ops.commands.order import By, Order, Stage, add
from ops.session import Session


def add_to(app: App) -> None:
    add(app, console, "", "--read-only", "--no-open --port 4600")


def console(
    *,
    read_only: Annotated[bool, Parameter(help="nothing can be decided")] = False,
    port: Annotated[
        int | None,
        Parameter(validator=Number(gte=1, lte=65535), metavar="N", help="of 127.0.0.1; default: 4580, or a free one"),
    ] = None,
    no_open: Annotated[bool, Parameter(help="don't open the browser")] = False,
    by: By = None,
    stage: Stage,
) -> Order:
    """Watch and decide in the browser: pages on 127.0.0.1, for you alone, until Ctrl-C. Nothing is deployed for it."""
    return Order(stage, lambda session: serve(session, by=by, read_only=read_only, port=port, opens=not no_open))


def serve(session: Session, *, by: str | None, read_only: bool, port: int | None, opens: bool) -> int:
    """The server is loaded by this command alone: every other starts without it."""
    from ops.console.serve import console as served

    return served(session, by=by, read_only=read_only, port=port, opens=opens)
