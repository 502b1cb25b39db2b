"""unsubscribe, resubscribe: a user gets no more mail, or does again. What of theirs still waits may be withdrawn with it."""

import json
from typing import Any

from ops.decide import decide_many
from ops.decision import Decision, carry_out
from ops.errors import RefusedError, UnclearError
from ops.formatting import named, plain, when
from ops.session import Session
from ops.snapshot import Snapshot, read
from shared.errors import InvalidMessageError
from shared.keys import Key
from shared.outbox.states import Status
from shared.outbox.transitions import CANCEL
from shared.periods import Period
from shared.store import Item

MONTHS = 15
"""As many as there are messages of."""
OWN_CHOICE = "SES's own list has the recipient's own choice besides: only they change it, or `aws sesv2 update-contact`"


def unsubscribe(session: Session, user: str, reason: str, by: str, *, agreed: bool, as_json: bool) -> int:
    """1 if something of theirs goes out all the same. Raises UnclearError for a name that no user can have."""
    waiting = [one for one in _messages(session, user) if one.status in (*CANCEL.sources, Status.SENDING)]
    session.unsubscribed().leave(user, by, reason)
    record = session.unsubscribed().get(user) or {}
    if as_json:
        return _for_scripts(session, record, waiting, _decision(by, reason), agreed=agreed)
    session.say(f"{plain(user)}: unsubscribed {_said(record)}")
    _tell_of_ses(session)
    return _withdraw(session, waiting, _decision(by, reason), agreed=agreed)


def resubscribe(session: Session, user: str, reason: str, by: str, *, as_json: bool) -> int:
    """Raises RefusedError for somebody who never unsubscribed."""
    done = session.unsubscribed().take_back(_checked(user), by, reason)
    record = session.unsubscribed().get(user)
    if record is None or "at" not in record:
        raise RefusedError(f"{plain(user)} has never unsubscribed. Nothing was done")
    if as_json:
        print(json.dumps({**record, "unsubscribed": "resubscribed_at" not in record}), file=session.console.file)
        return 0
    who, since = plain(record.get("resubscribed_by")), when(record.get("resubscribed_at", ""))
    session.say(f"{plain(user)}: subscribed{'' if done else ' already'}, since {since}, by {who}")
    _tell_of_ses(session)
    session.say(
        "months that are produced from now on have a mail for them; for one that is out, `produce PERIOD --again`"
    )
    return 0


def _decision(by: str, reason: str) -> Decision:
    return Decision(CANCEL, by, f"unsubscribed: {reason}")


def _withdraw(session: Session, waiting: list[Snapshot], decision: Decision, *, agreed: bool) -> int:
    late = [one for one in waiting if one.status not in CANCEL.sources]
    for one in late:
        session.say(f"✗ {named(one.key)}: too late, SES is being asked just now")
    in_time = [one for one in waiting if one.status in CANCEL.sources]
    if not in_time:
        return 1 if late else 0
    try:
        session.check_table()
        return max(decide_many(session, decision, in_time, agreed=agreed), 1 if late else 0)
    except RefusedError as refused:
        session.say(f"what waits is sent all the same: {refused}")
        return 1


def _for_scripts(session: Session, record: Item, waiting: list[Snapshot], decision: Decision, *, agreed: bool) -> int:
    """A line of JSON; what waits is withdrawn if that was agreed to."""
    if agreed and waiting:
        session.check_table()
    messages = [
        _tried(session, one, decision) if agreed else {**one.for_scripts(), "cancelled": False} for one in waiting
    ]
    print(json.dumps({**record, "unsubscribed": True, "messages": messages}), file=session.console.file)
    return 0 if all(one["cancelled"] for one in messages) else 1


def _tried(session: Session, snapshot: Snapshot, decision: Decision) -> dict[str, Any]:
    outcome = carry_out(decision, snapshot, session.outbox)
    return {**snapshot.for_scripts(), "cancelled": outcome.why_not is None}


def _messages(session: Session, user: str) -> list[Snapshot]:
    """Those of the last months, as they stand now."""
    month, found = Period(session.clock().date().replace(day=1)), []
    for _ in range(MONTHS):
        found.append(read(session.messages, Key(_checked(user), str(month))))
        month = month.previous
    return found


def _checked(user: str) -> str:
    try:
        return Key.of(user, "1970-01").user_id
    except InvalidMessageError as error:
        raise UnclearError(str(error)) from error


def _said(record: Item) -> str:
    return f"since {when(record['at'])}, by {plain(record.get('by'))}: {plain(record.get('reason'))}"


def _tell_of_ses(session: Session) -> None:
    if session.stage.outputs.get("Unsubscribe") == "ses":
        session.say(OWN_CHOICE)
