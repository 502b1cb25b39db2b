"""pause, resume: the campaign's switch."""

from cyclopts import App

from ops import pausing
from ops.commands.order import By, Order, Reason, Stage, add


def add_to(app: App) -> None:
    add(app, pause, '--reason "wrong text"')
    add(app, resume)


def pause(*, reason: Reason, by: By = None, stage: Stage) -> Order:
    """Stop sending, at once, until `resume`; nothing is lost."""
    return Order(stage, lambda session: pausing.pause(session, reason, by or session.caller()))


def resume(*, stage: Stage) -> Order:
    """Go on after a pause, whoever paused."""
    return Order(stage, pausing.resume)
