"""test-send: a message's mail, to the person who asks."""

from dataclasses import dataclass

from ops.console.acts.act import Answer, Question
from ops.console.addresses import message_address
from ops.formatting import named
from ops.mail.sending import COSTS, send_test
from ops.session import Session
from shared.keys import Key


@dataclass(frozen=True)
class SendTest:
    key: Key

    def question(self, session: Session) -> Question:  # noqa: ARG002  # every act is asked with it
        return Question(
            title=f"Send a test of {named(self.key)}",
            button="Send the test",
            happens=[
                "One mail goes to the address that you name, marked as a test, and none to the user",
                "Its link to unsubscribe does not work",
                COSTS.removesuffix("."),
            ],
            back=message_address(self.key),
            wants_reason=False,
            wants_address=True,
        )

    def carry_out(self, session: Session, answer: Answer) -> int:
        return send_test(session, answer.to, self.key, agreed=True)
