"""The operator's command line. `python -m ops --help` tells what there is."""

import argparse
import os
import sys
from contextlib import ExitStack
from dataclasses import replace

from rich.console import Console

from ops import decide, held, producing, readmit, show, status, switch
from ops.aws import asking
from ops.decisions import Decision
from ops.desk import Desk, open_desk
from ops.errors import RefusedError
from ops.many import each
from ops.parser import LISTED, parse
from ops.record import Record, read
from ops.selection import Selection, listed, select
from shared.errors import InvalidMessageError, OnlyonceError
from shared.keys import Key
from shared.outbox.states import Status

DONE, REFUSED, INTERRUPTED = 0, 1, 130
WIDTH_OF_FILES = 160


def run(given: argparse.Namespace, desk: Desk) -> int:
    """Carries the command out; its exit status. Raises RefusedError when nothing was done."""
    match given.command:
        case "status":
            return status.status(desk, given.period)
        case "held":
            limit = given.limit or (None if given.json else LISTED)
            return held.held(desk, replace(_selection(given), limit=limit), as_json=given.json)
        case "show":
            return show.show(desk, _key(given), reveal=given.reveal)
        case "pause":
            return switch.pause(desk, given.reason, given.by or desk.caller())
        case "resume":
            return switch.resume(desk)
        case "produce":
            return _produce(given, desk)
        case "halt":
            return producing.halt(desk, given.month, given.reason, given.by or desk.caller())
        case "close":
            return producing.close(desk, given.month, given.reason, given.by or desk.caller())
        case "readmit":
            return readmit.readmit(desk, given.table, given.period, agreed=given.yes)
    return _decide(given, desk)


def _produce(given: argparse.Namespace, desk: Desk) -> int:
    return producing.produce(
        desk,
        given.month,
        accept=given.accept,
        again=given.again,
        recheck=given.recheck,
        by=given.by or desk.caller(),
        agreed=given.yes,
    )


def _decide(given: argparse.Namespace, desk: Desk) -> int:
    decision = Decision(given.transition, given.by or desk.caller(), given.reason)
    decide.warn(desk, decision, accepted=getattr(given, "accept_risk", False))
    if given.user is not None:
        return decide.decide_one(desk, decision, read(desk.messages, _key(given)))
    records = list(select(_selection(given), desk.messages)) if given.all else _listed(given.file, desk)
    return decide.decide_many(desk, decision, records, agreed=given.yes)


def _selection(given: argparse.Namespace) -> Selection:
    statuses = frozenset({Status(given.status)}) if given.status else given.statuses
    return Selection(statuses, str(given.period) if given.period else None, given.error, given.limit)


def _listed(file: str, desk: Desk) -> list[Record]:
    with ExitStack() as stack:
        lines = sys.stdin if file == "-" else stack.enter_context(open(file, encoding="utf-8"))
        return list(each(lambda key: read(desk.messages, key), dict.fromkeys(listed(lines))))


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
            return run(given, open_desk(given.stage, console))
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
