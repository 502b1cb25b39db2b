"""produce, halt, close: a month's run."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ops import producing
from ops.console.acts.act import Answer, Question
from ops.console.addresses import month_address
from ops.errors import RefusedError
from ops.formatting import plain
from ops.session import Session
from shared.periods import Period
from shared.producing.checks import NEVER_ACCEPTED
from shared.store import Item


class How(StrEnum):
    """What a run that is there is to do."""

    BEGIN = "begin"
    ACCEPT = "accept"
    RECHECK = "recheck"
    AGAIN = "again"


_SAYS: Mapping[How, tuple[str, str]] = {
    How.BEGIN: ("Produce", "Every user of the month will be sent a mail. What is produced already stays as it is"),
    How.ACCEPT: ("Go on all the same", "The run goes on, though it has stopped for what stands below"),
    How.RECHECK: (
        "Look again",
        "The sender and the template are looked at once more; if they are in order, the run goes on",
    ),
    How.AGAIN: ("Ask Athena anew", "Users without a message will be sent a mail. Who has one keeps it as it is"),
}


@dataclass(frozen=True)
class Produce:
    period: Period
    how: How
    accept: tuple[str, ...] = ()
    """The words that the person was shown: what the run stops for later is another question (ADR 17)."""

    def question(self, session: Session) -> Question:
        button, says = _SAYS[self.how]
        if never := sorted(NEVER_ACCEPTED & set(self.accept)):
            raise RefusedError(
                f"{', '.join(never)} can't be accepted: mend the query or the template, deploy, ask anew"
            )
        run = session.runs.get(self.period) or {}
        return Question(
            title=f"{button}: {self.period}",
            button=button,
            happens=[says, "It takes up to 15 minutes, and is safe to repeat"],
            back=month_address(self.period),
            facts=_stopped_for(run),
            wants_reason=False,
            wanted=str(self.period),
            stands=run.get("attempt"),
        )

    def carry_out(self, session: Session, answer: Answer) -> int:
        return producing.produce(
            session,
            self.period,
            accept=self.accept,
            again=self.how is How.AGAIN,
            recheck=self.how is How.RECHECK,
            by=answer.by,
            agreed=False,
        )


@dataclass(frozen=True)
class Halt:
    period: Period

    def question(self, session: Session) -> Question:  # noqa: ARG002  # every act is asked with it
        return Question(
            title=f"Halt the production of {self.period}",
            button="Halt",
            happens=[
                "The producer stops at its next page",
                "What is produced stays, and is sent unless the campaign is paused",
            ],
            back=month_address(self.period),
        )

    def carry_out(self, session: Session, answer: Answer) -> int:
        return producing.halt(session, self.period, answer.reason, answer.by)


@dataclass(frozen=True)
class Close:
    period: Period

    def question(self, session: Session) -> Question:
        run = session.runs.get(self.period) or {}
        return Question(
            title=f"Close {self.period} as it is",
            button="Close",
            happens=["What was produced is all", "Asking Athena anew opens the month again"],
            back=month_address(self.period),
            facts=_stopped_for(run),
            stands=run.get("attempt"),
        )

    def carry_out(self, session: Session, answer: Answer) -> int:
        return producing.close(session, self.period, answer.reason, answer.by)


def _stopped_for(run: Item) -> list[tuple[str, str]]:
    return [(word, plain(reason)) for word, reason in run.get("stopped_for", {}).items()]
