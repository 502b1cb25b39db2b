"""pause, resume."""

from dataclasses import dataclass

from ops import pausing
from ops.console.acts.act import Answer, Question
from ops.errors import RefusedError
from ops.formatting import plain
from ops.session import Session


@dataclass(frozen=True)
class Pause:
    back: str

    def question(self, session: Session) -> Question:
        if (why := session.paused) is not None:
            raise RefusedError(f"it is paused already: {plain(why)}")
        return Question(
            title="Pause the campaign",
            button="Pause",
            happens=[
                "Nothing more is sent, of any month, until somebody resumes",
                "What SES is being asked for now may still go out",
                "Nothing is lost: everything else waits as PENDING",
            ],
            back=self.back,
        )

    def carry_out(self, session: Session, answer: Answer) -> int:
        return pausing.pause(session, answer.reason, answer.by)


@dataclass(frozen=True)
class Resume:
    back: str

    def question(self, session: Session) -> Question:
        if (why := session.paused) is None:
            raise RefusedError("the campaign is not paused: nothing to do")
        return Question(
            title="Resume the campaign",
            button="Resume",
            happens=["What waits is sent, as fast as the pace takes it"],
            back=self.back,
            facts=[("Paused for", plain(why))],
            wants_reason=False,
        )

    def carry_out(self, session: Session, answer: Answer) -> int:  # noqa: ARG002  # the record keeps no reason of it
        return pausing.resume(session)
