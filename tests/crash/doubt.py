"""Why somebody may not know whether SES has a mail.

A message may end UNCERTAIN only if the day gave a reason for it: from the moment begin_send is written to the moment the
answer of SES is written, something hid the ask, its answer, or the record of it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from shared.store import Write
from simulation.world import World
from tests.crash.disturbances import KILLS, Disturbance, Kind
from tests.crash.scenarios import BY_HAND

Step = Literal["", "begin_send", "ask", "record"]


@dataclass(frozen=True)
class Call:
    """One AWS call of the day. `step` is its part in sending the mail of `user_id`; most calls have none."""

    operation: str
    step: Step = ""
    user_id: str = ""

    def __str__(self) -> str:
        return f"{self.operation}, {self.step}" if self.step else self.operation


HIDING: dict[Step, frozenset[Kind]] = {
    "begin_send": frozenset({Kind.KILLED_AFTER, Kind.UNANSWERED}),
    "ask": frozenset({Kind.KILLED_BEFORE, Kind.KILLED_AFTER, Kind.UNANSWERED}),
    "record": frozenset({Kind.KILLED_BEFORE, Kind.UNREACHED}),
}
"""What hides, at each step, whether SES has the mail. The others don't: a begin_send that never was leaves the message
CLAIMED, SES not reached is a plain no, and a record that was carried out is there.
"""


def calls_of(operations: Iterable[str], world: World) -> Iterator[Call]:
    """The day's calls, each with its part in sending a mail: the n-th request on the wire is the n-th that was made."""
    writes, recipients = iter(world.outbox_table.requested), iter(world.ses_client.requested)
    user_ids = _user_ids(world)
    for operation in operations:
        match operation:
            case "outbox.UpdateItem":
                write = next(writes)
                yield Call(operation, _step(write), write.key["user_id"])
            case "ses.SendEmail":
                yield Call(operation, "ask", user_ids[next(recipients)])
            case _:
                yield Call(operation)


def doubted(calls: Sequence[Call], disturbances: Iterable[Disturbance], world: World) -> set[str]:
    """Users of whose mail it was hidden whether SES has it, by a disturbance or because SES's answer was lost by itself."""
    hit = ((calls[one.call], one.kind) for one in disturbances)
    hidden = {call.user_id for call, kind in hit if kind in HIDING.get(call.step, ())}
    return hidden | unanswered(world)


def unanswered(world: World) -> set[str]:
    """Users of whose mail SES's answer was lost by itself."""
    user_ids = _user_ids(world)
    return {user_ids[recipient] for recipient in world.ses_client.unanswered}


def _user_ids(world: World) -> dict[str, str]:
    """By address, which a message drops when its story is over."""
    rows = ((row["email"], row["user_id"]) for row in world.rows)
    return {BY_HAND: "by hand", **{email: user for email, user in rows if email and user}}


def silenced(disturbances: Iterable[Disturbance], world: World) -> set[str]:
    """Users whose send was called silent although no process died: a process that lives says what became of its ask."""
    if any(one.kind in KILLS for one in disturbances):
        return set()
    return {item["user_id"] for item in world.messages() if "expire_send" in item["history"]}


def _step(write: Write) -> Step:
    """Only the asker knows the send token, so a write that is guarded by it records an answer, or that it was lost."""
    if "history.begin_send" in write.sets:
        return "begin_send"
    return "record" if any(term.attribute == "send_token" for arm in write.arms for term in arm) else ""
