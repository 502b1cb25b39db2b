"""doctor, accept: whether a stage and its account are in order, and keep what is promised."""

from datetime import timedelta
from typing import Annotated

from cyclopts import App, Parameter

from ops.accept import command
from ops.commands.order import Json, Order, Stage, add
from ops.doctor import examination


def add_to(app: App) -> None:
    add(app, doctor, "", "--json")
    add(app, accept, "", "--yes --json")


def doctor(*, json: Json = False, stage: Stage) -> Order:
    """Look at a stage and its account: what is there, what is wrong, what to do. Reads only."""
    return Order(stage, lambda session: examination.doctor(session, as_json=json))


def accept(
    *,
    json: Json = False,
    yes: Annotated[bool, Parameter(help="don't ask before mails are sent")] = False,
    patience: Annotated[int, Parameter(metavar="SECONDS", help="for the last events; default: 180")] = 180,
    stage: Stage,
) -> Order:
    """Prove the stage with some fifty mails to SES's mailbox simulator, and clean up."""
    wait = timedelta(seconds=patience)
    return Order(stage, lambda session: command.accept(session, stage, as_json=json, agreed=yes, patience=wait))
