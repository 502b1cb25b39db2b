"""The operator's command line. `python -m ops --help` tells what there is."""

import argparse
import os
import sys
from contextlib import ExitStack
from dataclasses import replace

from rich.console import Console

from ops import decide, held, pausing, producing, readmit, show, status
from ops.aws import asking
from ops.decision import Decision
from ops.errors import RefusedError
from ops.parallel import each
from ops.parser import LISTED, parse
from ops.selection import Selection, listed, select
from ops.session import Session, open_session
from ops.snapshot import Snapshot, read
from shared.errors import InvalidMessageError, OnlyonceError
from shared.keys import Key
from shared.outbox.states import Status

DONE, REFUSED, INTERRUPTED = 0, 1, 130
WIDTH_OF_FILES = 160


def run(given: argparse.Namespace, session: Session) -> int:
    """Carries the command out; its exit status. Raises RefusedError when nothing was done."""
    match given.command:
        case "status":
            return status.status(session, given.period)
        case "held":
            limit = given.limit or (None if given.json else LISTED)
            return held.held(session, replace(_selection(given), limit=limit), as_json=given.json)
        case "show":
            return show.show(session, _key(given), reveal=given.reveal)
        case "pause":
            return pausing.pause(session, given.reason, given.by or session.caller())
        case "resume":
            return pausing.resume(session)
        case "produce":
            return _produce(given, session)
        case "halt":
            return producing.halt(session, given.month, given.reason, given.by or session.caller())
        case "close":
            return producing.close(session, given.month, given.reason, given.by or session.caller())
        case "readmit":
            return readmit.readmit(session, given.table, given.period, agreed=given.yes)
    return _decide(given, session)


def _produce(given: argparse.Namespace, session: Session) -> int:
    return producing.produce(
        session,
        given.month,
        accept=given.accept,
        again=given.again,
        recheck=given.recheck,
        by=given.by or session.caller(),
        agreed=given.yes,
    )


def _decide(given: argparse.Namespace, session: Session) -> int:
    decision = Decision(given.transition, given.by or session.caller(), given.reason)
    decide.warn(session, decision, accepted=getattr(given, "accept_risk", False))
    if given.user is not None:
        return decide.decide_one(session, decision, read(session.messages, _key(given)))
    snapshots = list(select(_selection(given), session.messages)) if given.all else _listed(given.file, session)
    return decide.decide_many(session, decision, snapshots, agreed=given.yes)


def _selection(given: argparse.Namespace) -> Selection:
    statuses = frozenset({Status(given.status)}) if given.status else given.statuses
    return Selection(statuses, str(given.period) if given.period else None, given.error, given.limit)


def _listed(file: str, session: Session) -> list[Snapshot]:
    with ExitStack() as stack:
        lines = sys.stdin if file == "-" else stack.enter_context(open(file, encoding="utf-8"))
        return list(each(lambda key: read(session.messages, key), dict.fromkeys(listed(lines))))


def _key(given: argparse.Namespace) -> Key:
    try:
        return Key.of(given.user, str(given.month))
    except InvalidMessageError as error:
        raise RefusedError(str(error)) from error


def main(arguments: list[str] | None = None) -> int:
    given = parse(arguments)
    width = None if sys.stdout.isatty() else WIDTH_OF_FILES
    console = Console(markup=False, highlight=False, emoji=False, width=width)
    try:
        with asking():
            return run(given, open_session(given.stage, console))
    except BrokenPipeError:  # `… | head` has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except (RefusedError, OnlyonceError, OSError) as refused:
        print(refused, file=sys.stderr)
    except KeyboardInterrupt:
        print("\ninterrupted: what was begun is done, the rest is not. The same command does the rest", file=sys.stderr)
        return INTERRUPTED
    return REFUSED


if __name__ == "__main__":
    sys.exit(main())
