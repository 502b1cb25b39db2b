"""redrive, assume-sent, resend, cancel: on one message, or on a group of held ones."""

from collections.abc import Mapping
from dataclasses import dataclass

from ops import decide
from ops.console.acts.act import Answer, Question
from ops.console.addresses import group_address, message_address
from ops.console.groups import Group, members
from ops.decision import VERBS, Decision
from ops.errors import RefusedError
from ops.formatting import counted, named
from ops.session import Session
from ops.snapshot import read
from shared.keys import Key
from shared.outbox.transitions import ASSUME_SENT, CANCEL, REDRIVE, RESEND, Transition

HAPPENS: Mapping[Transition, str] = {
    REDRIVE: "SES never sent it. It becomes PENDING, with all its attempts before it, and is sent when the pace takes it. "
    "Nobody gets a second mail",
    ASSUME_SENT: "It counts as SENT, and nobody is mailed. If SES never took it, its user has no mail of this month",
    RESEND: "It becomes PENDING, and is sent when the pace takes it",
    CANCEL: "It is withdrawn for good, and nobody is mailed. That can't be taken back",
}
"""In plain words; each is said of one message."""
NAMES: Mapping[Transition, str] = {
    REDRIVE: "Redrive",
    ASSUME_SENT: "Assume sent",
    RESEND: "Resend",
    CANCEL: "Cancel",
}


def allowed(status: str | None) -> list[Transition]:
    """What may be decided on a message of that status."""
    return [one for one in VERBS.values() if status in one.sources]


@dataclass(frozen=True)
class OnMessage:
    transition: Transition
    key: Key

    def question(self, session: Session) -> Question:
        snapshot = read(session.messages, self.key)
        if self.transition not in allowed(snapshot.status):
            why = f"it is {snapshot.status} since {snapshot.since}" if snapshot.status else "there is no such message"
            raise RefusedError(f"{named(self.key)}: {why}. {NAMES[self.transition]} does not fit it")
        facts = [("Status", f"{snapshot.status} since {snapshot.since}"), ("Why", snapshot.reason() or "–")]
        return Question(
            title=f"{NAMES[self.transition]}: {named(self.key)}",
            button=NAMES[self.transition],
            happens=[HAPPENS[self.transition]],
            back=message_address(self.key),
            facts=facts,
            risk=decide.RISK if self.transition is RESEND else "",
            harm=self.transition in (CANCEL, RESEND),
            stands=snapshot.fence,
        )

    def carry_out(self, session: Session, answer: Answer) -> int:
        decision = Decision(self.transition, answer.by, answer.reason)
        return decide.on_message(session, decision, self.key, accepted=answer.accepted)


@dataclass(frozen=True)
class OnGroup:
    transition: Transition
    group: Group
    shown: int
    """It is about no more than the person was shown."""

    def question(self, session: Session) -> Question:
        those = members(session, self.group, self.shown)
        found = len(those)
        if not found or self.transition not in allowed(self.group.status):
            raise RefusedError("no message fits any more: nothing to do")
        return Question(
            title=f"{NAMES[self.transition]}: {counted(found)} of {self.group.period}",
            button=f"{NAMES[self.transition]} {counted(found)}",
            happens=[f"To each of {counted(found)}: {HAPPENS[self.transition]}"],
            back=group_address(self.group),
            facts=[("Status", str(self.group.status)), ("Why", self.group.reason or "–")],
            risk=decide.RISK if self.transition is RESEND else "",
            wanted=str(found),
            harm=self.transition in (CANCEL, RESEND),
            stands=sorted((one.key, one.fence) for one in those),
        )

    def carry_out(self, session: Session, answer: Answer) -> int:
        decision = Decision(self.transition, answer.by, answer.reason)
        found = lambda: members(session, self.group, self.shown)  # noqa: E731
        return decide.on_several(session, decision, found, accepted=answer.accepted, agreed=False)
