"""reconcile: lets a stack work with a table that was restored, or copied, and is not the one that it has worked with.

First everything unfinished in it becomes UNCERTAIN, then the accounts begin anew, and the pin moves last: killed at any point,
everything still stands still, and the same command does the rest.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from ops.errors import RefusedError
from ops.formatting import counted, named, plain
from ops.parallel import each
from ops.session import Session
from shared.errors import InvalidMessageError, LeaseLostError
from shared.keys import Key
from shared.outbox.message import standing
from shared.outbox.states import Status
from shared.outbox.table_pin import Found, Standing
from shared.outbox.transitions import RECONCILE
from shared.producing.run import RunState
from shared.store import Item
from shared.times import to_text

_TRIES = 5
_LISTED = 20
_EVERY = 10_000
"""Messages from one sign of progress to the next."""


@dataclass(frozen=True)
class Said:
    """Who reconciles and why, and how the command is to be carried out."""

    by: str
    reason: str
    same_table: bool = False
    """Nothing was restored: the table is only pinned."""
    again: bool = False
    """Also for the table that the stack knows."""
    agreed: bool = False
    as_json: bool = False


@dataclass
class Walked:
    """What became of the table's messages."""

    held: Counter[str] = field(default_factory=Counter)
    """By what they were, those that are UNCERTAIN now."""
    kept: int = 0
    """Those that were final, or UNCERTAIN already."""
    left: list[str] = field(default_factory=list)
    """What no writer can move: malformed, or put in by hand and never taken up. Each with the reason."""


def reconcile(session: Session, said: Said) -> int:
    """1 if something was left that a person must look at. Raises RefusedError when nothing was done, or not everything."""
    found = session.pin.look()
    _check(session, found, said)
    _agree(session, said)
    walked = Walked() if said.same_table else _walk(session, said)
    if not said.same_table:
        session.open_runs.open_again()
        session.accounting.restart()
    _check_runs(session, found)
    if not session.pin.move(found, _facts(session, said)):
        raise RefusedError("somebody else has pinned a table meanwhile: look at `status`, and do it again if need be")
    _tell(session, said, walked)
    return 1 if walked.left else 0


def _check(session: Session, found: Found, said: Said) -> None:
    if said.same_table and found.pinned is not None:
        known = "is the table that the stack knows" if found.standing is Standing.KNOWN else "is another table"
        raise RefusedError(f"{session.stage.outbox_table} {known}: --same-table is for a stack that knows none yet")
    if found.standing is Standing.NEW:
        raise RefusedError("nobody has worked with this table yet: there is nothing to reconcile")
    if found.standing is Standing.KNOWN and not said.again:
        raise RefusedError(
            "this is the table that the stack knows: nothing to do. --again holds what is unfinished all the same"
        )
    if found.standing is Standing.KNOWN and session.paused is None:
        raise RefusedError("the campaign runs: `pause` it, and wait three minutes, until no ask is under way")
    _check_runs(session, found)


def _check_runs(session: Session, found: Found) -> None:
    """What a run puts after the walk would not be held. On a foreign table the producer stands still."""
    running = [str(run.period) for run in session.open_runs.all() if run.state == RunState.RUNNING]
    if running and found.standing is Standing.KNOWN:
        raise RefusedError(
            f"{', '.join(running)} is being produced: wait until `status` says COMPLETED, or `halt` it; then do it again"
        )


def _agree(session: Session, said: Said) -> None:
    table = session.stage.outbox_table
    if said.same_table:
        what = (
            f"{table} is taken for the very table that this stack has always worked with. If it was restored or copied, mails "
            "go out twice"
        )
    else:
        what = (
            f"every message of {table} that is not final becomes UNCERTAIN, whatever it is now, and waits for your decision. "
            "After that the stack works with this table"
        )
    if not said.agreed:
        session.agree(f"{session.name}: {what}.\nType {table} to go on: ", table)


def _walk(session: Session, said: Said) -> Walked:
    """Through the whole table: the index of a restored one may lack what was edited. Raises RefusedError."""
    walked = Walked()
    for seen, (was, reason) in enumerate(each(lambda item: _hold(session, item, said), _items(session)), start=1):
        if was is not None:
            walked.held[was] += 1
        elif reason:
            walked.left.append(reason)
        else:
            walked.kept += 1
        if seen % _EVERY == 0 and not said.as_json:
            session.say(f"{counted(seen)} looked at")
    return walked


def _items(session: Session) -> Iterator[Item]:
    page = session.outbox.walk(None)
    while True:
        yield from page.items
        if page.next is None:
            return
        page = session.outbox.walk(page.next)


def _hold(session: Session, item: Item | None, said: Said) -> tuple[Status | None, str]:
    """What a message was that is UNCERTAIN now; or why it is left as it is ("": it needs nothing). It is taken as it stands when
    it is written: feedback may move it meanwhile. Raises RefusedError.
    """
    for _ in range(_TRIES):
        if item is None:
            return None, ""
        key = Key(item["user_id"], item["period"])
        try:
            status, fence = _moved_by(item)
            if status not in RECONCILE.sources:
                return None, ""
            session.outbox.reconcile(key, fence, status, said.by, said.reason)
        except InvalidMessageError as error:
            return None, f"{named(key)}: {plain(error)}"
        except LeaseLostError:
            item = session.messages.get(key._asdict())
        else:
            return status, ""
    raise RefusedError("a message moves all the time. The table is not reconciled yet: the same command does the rest")


def _moved_by(item: Item) -> tuple[Status, int]:
    """What its write is guarded by, which every format has alike. Raises InvalidMessageError."""
    if "history" not in item and "fence" not in item:
        raise InvalidMessageError(
            "put in by hand, and never taken up: delete it, or put it in once more to have it sent"
        )
    (status, _), fence = standing(item), item.get("fence")
    if isinstance(fence, bool) or not isinstance(fence, int):
        raise InvalidMessageError("attribute fence should be a whole number", attribute="fence")
    return status, fence


def _facts(session: Session, said: Said) -> dict[str, str]:
    decided = {"decided_by": said.by, "decision": said.reason}
    return decided if said.same_table else {**decided, "reconciled_at": to_text(session.clock())}


def _tell(session: Session, said: Said, walked: Walked) -> None:
    if said.as_json:
        told = {"held": dict(walked.held), "kept": walked.kept, "left": walked.left, "same_table": said.same_table}
        print(json.dumps({"stage": session.name, **told}), file=session.console.file)
        return
    for status, number in sorted(walked.held.items()):
        session.say(f"{counted(number)} {status} → {RECONCILE.to}")
    if not said.same_table:
        session.say(f"{counted(walked.kept)} final or UNCERTAIN already, left as they are")
    for reason in walked.left[:_LISTED]:
        session.say(f"✗ left as it is: {reason}")
    if len(walked.left) > _LISTED:
        session.say(f"  and {len(walked.left) - _LISTED:,} more that were left as they are")
    session.say(f"{session.stage.outbox_table} is this stack's table now. `held` lists what waits for a decision")
