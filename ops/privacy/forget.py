"""forget: erases whom a user's messages went to and what they said, wherever the stack has it. The messages themselves stay,
so that no month is mailed again and the accounts add up.
"""

import json
from collections import Counter
from dataclasses import asdict, dataclass, field

from ops.formatting import counted, person
from ops.privacy.bucket import REJECTED, RESULTS, Bucket, rejected_of
from ops.session import Session
from ops.snapshot import snapshot_of
from shared.errors import InvalidMessageError, LeaseLostError
from shared.keys import Key
from shared.outbox.new_message import adopted
from shared.outbox.states import FINAL, Status
from shared.outbox.transitions import CANCEL, FORGET, outcome
from shared.outbox.writes import OF_A_PERSON
from shared.producing.run import PREFIX, RunState
from shared.store import Item
from shared.times import to_text

NOT_REACHED = (
    "the usage data, from which next month's rows come: unless it forgets them, or `onlyonce unsubscribe` names them, the next "
    "month mails them",
    "the tables' point-in-time backups, for 35 days",
    "events in the dead-letter queue, for 7 days",
    "SES's suppression list and contact list, and its own records of what it sent",
    "the mails that have arrived",
)
_TRIES = 3


@dataclass
class Forgotten:
    """What was erased, and what was not."""

    user_id: str
    messages: int = 0
    cancelled: int = 0
    """Of the messages, those that had not been sent."""
    assumed_sent: int = 0
    """Of the messages, those that were UNCERTAIN."""
    rejected_rows: int = 0
    query_results: int = 0
    """Results that were deleted as a whole: they held everybody's address."""
    left: list[str] = field(default_factory=list)
    """What could not be erased now, and why."""


def forget(session: Session, user_id: str, reason: str, by: str, *, as_json: bool, agreed: bool) -> int:
    """1 if anything was left. Safe to repeat. Raises RefusedError when the operator does not agree."""
    session.check_table()
    items = session.messages.partition("user_id", user_id)
    if not agreed:
        _ask(session, user_id, items)
    done = Forgotten(user_id)
    items += _kept_from_runs(session, user_id, reason, by, {item["period"] for item in items})
    for item in items:
        _forget_message(session, Key(user_id, item["period"]), reason, by, done)
    _forget_rejected(session.bucket(), done)
    _forget_results(session, done)
    _tell(session, done, as_json=as_json)
    return 1 if done.left else 0


def _ask(session: Session, user_id: str, items: list[Item]) -> None:
    statuses = Counter(str(item.get("status")) for item in items)
    there = ", ".join(f"{number} {status}" for status, number in sorted(statuses.items())) or "none"
    session.say(f"messages of {person(user_id)}: {there}")
    session.say(
        "Address and contents are erased for good; what is not sent yet is cancelled, what is UNCERTAIN is taken for sent"
    )
    session.agree(f"forget {person(user_id)}: type the user's id to go on: ", user_id)


def _forget_message(session: Session, key: Key, reason: str, by: str, done: Forgotten) -> None:
    """Brings the message to its end first. It may move on meanwhile: then it is looked at again."""
    for _ in range(_TRIES):
        item = session.messages.get(key._asdict())
        if item is None or _is_forgotten(item):
            return
        try:
            if _step(session, key, item, reason, by, done):
                return
        except LeaseLostError:
            continue
        except InvalidMessageError as error:
            done.left.append(f"{key.period}: {error}")
            return
    done.left.append(f"{key.period}: it is moving just now. Come again in three minutes")


def _step(session: Session, key: Key, item: Item, reason: str, by: str, done: Forgotten) -> bool:
    """The message's next write. True if nothing more is to be done. Raises LeaseLostError, InvalidMessageError."""
    snapshot = snapshot_of(key, item)
    if snapshot.unreadable:
        raise InvalidMessageError(f"it can't be read: {snapshot.unreadable}")
    match snapshot.status:
        case Status.SENDING:
            done.left.append(f"{key.period}: SES is being asked for it just now. Come again in three minutes")
            return True
        case Status.UNCERTAIN:
            session.outbox.assume_sent(key, snapshot.fence, by, reason)
            done.assumed_sent += 1
            return False
        case status if status not in FINAL:
            session.outbox.cancel(key, snapshot.fence, by, reason)
            done.cancelled += 1
            return False
    session.outbox.forget(key, snapshot.fence, by, reason)
    done.messages += 1
    return True


def _kept_from_runs(session: Session, user_id: str, reason: str, by: str, there: set[str]) -> list[Item]:
    """A month that is being produced, or may go on, would put a message for them: one that is withdrawn takes its place."""
    periods = {item["name"].removeprefix(PREFIX) for item in _open_records(session)} - there
    withdrawn = [_withdrawn(session, Key(user_id, period), reason, by) for period in sorted(periods)]
    session.messages.insert(withdrawn)  # where the run was faster, its message stays
    return withdrawn


def _withdrawn(session: Session, key: Key, reason: str, by: str) -> Item:
    now = session.clock()
    made = adopted(key, "none", "none", now, now)
    kept = {name: value for name, value in made.items() if name not in ("unfinished", "due_at", "sender")}
    decided = {"decided_by": by[:160], "decision": reason[:160], "history": {CANCEL.name: to_text(now)}}
    listed = {"outcome": outcome(Status.CANCELLED, key.period)}
    return {**key._asdict(), **kept, "status": Status.CANCELLED.value, **listed, **decided}


def was_forgotten(item: Item) -> bool:
    """Whether the user's wish is known from the item itself, whatever an event has written into it since."""
    told = item.get("history")
    return isinstance(told, dict) and (FORGET.name in told or set(told) == {CANCEL.name})  # else it began otherwise


def _is_forgotten(item: Item) -> bool:
    return item.get("status") in FINAL and not {"data", *OF_A_PERSON} & item.keys()


def _forget_rejected(bucket: Bucket, done: Forgotten) -> None:
    for key in list(bucket.keys(REJECTED)):
        own, others = rejected_of(done.user_id, bucket.text(key))
        if own:
            bucket.put(key, others) if others else bucket.delete(key)
            done.rejected_rows += len(own)


def _forget_results(session: Session, done: Forgotten) -> None:
    """A result that a run still reads stays, or its month could not go on."""
    bucket, running = session.bucket(), _results_in_use(session)
    for key in list(bucket.keys(RESULTS)):
        query_id = key.removeprefix(RESULTS).split(".")[0]
        if query_id in running:
            if key.endswith(".csv"):
                done.left.append(
                    f"{running[query_id]}: its run is not over and reads {key}, which S3 deletes after 14 days"
                )
            continue
        bucket.delete(key)
        done.query_results += key.endswith(".csv")


def _results_in_use(session: Session) -> dict[str, str]:
    """The period of each run that is not over, by the id of its query."""
    used = (item for item in _open_records(session) if item.get("query_id"))
    return {item["query_id"]: item["name"].removeprefix(PREFIX) for item in used}


def _open_records(session: Session) -> list[Item]:
    """The runs that are not over."""
    runs = (item for item in session.scan(session.stage.control_table) if item["name"].startswith(PREFIX))
    return [item for item in runs if item.get("state") != RunState.COMPLETED]


def _tell(session: Session, done: Forgotten, *, as_json: bool) -> None:
    if as_json:
        told = {**asdict(done), "not_reached": NOT_REACHED}
        print(json.dumps(told, ensure_ascii=False), file=session.console.file)
        return
    how = (
        f" ({done.cancelled} cancelled, {done.assumed_sent} taken for sent)"
        if done.cancelled + done.assumed_sent
        else ""
    )
    session.say(f"{person(done.user_id)}: {counted(done.messages)} forgotten{how}")
    session.say(f"{counted(done.rejected_rows, 'rejected row')} erased")
    session.say(f"{counted(done.query_results, 'query result')} deleted, which held everybody's address")
    for line in done.left:
        session.say(f"✗ {line}")
    session.say("Not erased, because nothing here reaches it:")
    for line in NOT_REACHED:
        session.say(f"  {line}")
