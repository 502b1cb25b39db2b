"""redrive, assume-sent, resend, cancel: the operator's transitions, as the protocol's table has them."""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Annotated

from cyclopts import App, Parameter

from ops import decide
from ops.commands.aim import Several, check, key_of
from ops.commands.order import By, Month, Order, Reason, Stage, add
from ops.decision import VERBS, Decision, typed
from ops.errors import UnclearError
from ops.month.produced import check_produced
from ops.parallel import each
from ops.selection import listed, select
from ops.session import Session
from ops.snapshot import Snapshot, read
from shared.outbox.states import Status
from shared.outbox.transitions import RESEND, Transition
from shared.periods import Period


@dataclass(frozen=True)
class _Given:
    """The words of a decision."""

    transition: Transition
    user: str | None
    period: Period | None
    several: Several
    reason: str
    by: str | None
    accept_risk: bool = False


def add_to(app: App) -> None:
    for transition in VERBS.values():
        risk = " --accept-risk" if transition is RESEND else ""
        aims = ("ann 2026-10", "--all --period 2026-10", "--from some.jsonl")
        examples = [f'{aim} --reason "…"{risk}' for aim in aims]
        does = f"{transition.summary[0].upper()}{transition.summary[1:]} ({_taken(transition)})."
        add(app, _command(transition), *examples, name=typed(transition), does=does)


def _command(transition: Transition) -> Callable[..., Order]:
    def decide(
        user: str | None = None, period: Month | None = None, /, *,
        several: Several = Several(), reason: Reason, by: By = None, stage: Stage,  # noqa: B008  # frozen
    ) -> Order:  # fmt: skip
        return _order(_Given(transition, user, period, several, reason, by), stage)

    def resend(
        user: str | None = None, period: Month | None = None, /, *,
        several: Several = Several(), reason: Reason, by: By = None, stage: Stage,  # noqa: B008  # frozen
        accept_risk: Annotated[bool, Parameter(help="that somebody gets a second mail")] = False,
    ) -> Order:  # fmt: skip
        return _order(_Given(transition, user, period, several, reason, by, accept_risk), stage)

    return resend if transition is RESEND else decide


def _order(given: _Given, stage: str) -> Order:
    """Raises UnclearError."""
    check(given.user, given.period, given.several)
    given.several.selecting.selection(given.transition.sources)
    return Order(stage, lambda session: _decide(given, session))


def _decide(given: _Given, session: Session) -> int:
    decision = Decision(given.transition, given.by or session.caller(), given.reason)
    if given.user is not None and given.period is not None:
        return decide.on_message(session, decision, key_of(given.user, given.period), accepted=given.accept_risk)
    return decide.on_several(
        session, decision, lambda: _snapshots(given, session), accepted=given.accept_risk, agreed=given.several.yes
    )


def _snapshots(given: _Given, session: Session) -> list[Snapshot]:
    if given.several.file is not None:
        return _listed(given.several.file, session)
    found = list(select(given.several.selecting.selection(given.transition.sources), session.messages))
    if not found and given.several.selecting.period:
        check_produced(session, given.several.selecting.period, "no message fits")
    return found


def _listed(file: str, session: Session) -> list[Snapshot]:
    """Raises UnclearError for a file that can't be read."""
    try:
        with ExitStack() as stack:
            lines = sys.stdin if file == "-" else stack.enter_context(open(file, encoding="utf-8"))
            keys = dict.fromkeys(listed(lines))
    except OSError as error:
        raise UnclearError(f"--from {file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UnclearError(f"--from {file}: it is no text") from error
    return list(each(lambda key: read(session.messages, key), keys))


def _taken(transition: Transition) -> str:
    return ", ".join(status for status in Status if status in transition.sources)
