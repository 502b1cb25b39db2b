"""doctor: whether a stage and its account are in order."""

from typing import Annotated

from cyclopts import App, Parameter

from ops.commands.order import Order, Stage, add
from ops.doctor import examination


def add_to(app: App) -> None:
    add(app, doctor, "", "--json")


def doctor(*, json: Annotated[bool, Parameter(help="one object, with all findings")] = False, stage: Stage) -> Order:
    """Look at a stage and its account: what is there, what is wrong, what to do. Reads only."""
    return Order(stage, lambda session: examination.doctor(session, as_json=json))
