"""The mail that a stage sends, as its producer is deployed: from a row to what its recipient would read."""

from dataclasses import dataclass

from mail import kind_of
from ops.doctor.deployed import Deployed
from ops.errors import UnreadableError
from ops.mail.rendering import link_of_a_look
from ops.session import Session
from shared.outbox.message import Message, from_item
from shared.periods import Period
from shared.producing.composer import Composer
from shared.rendering.mail_kind import MailKind, Row
from shared.rendering.unsubscribing import NONE
from shared.times import Clock


@dataclass(frozen=True)
class StageMail:
    """The kind is this checkout's, by the name that is deployed; the rest is the producer's environment."""

    kind: MailKind
    stack: str
    unsubscribe: str
    sender: str
    reply_to: str
    clock: Clock

    @property
    def template(self) -> str:
        return self.kind.files.template(self.stack, self.unsubscribe).name

    @property
    def link(self) -> str:
        """Where the recipient's own would stand."""
        return link_of_a_look(self.unsubscribe)

    def message(self, row: Row, period: Period) -> Message | str:
        """What the row becomes, or why it is rejected. Raises MissingColumnError."""
        self.kind.check_columns(row.keys())
        template = self.kind.files.template(self.stack, self.unsubscribe)
        composer = Composer(self.kind, template, self.sender, self.clock, self.reply_to)
        draft = composer.draft(row, period)
        return str(draft) if isinstance(draft, Exception) else from_item(composer.message(draft, self.clock()))


def stage_mail(session: Session) -> StageMail:
    """Raises UnreadableError, UnknownMailKindError."""
    told = Deployed.of(session).variables("Producer")
    if missing := {"MAIL_KIND", "SENDER"} - told.keys():
        raise UnreadableError(f"the producer has no variable {min(missing)}: deploy this version first")
    kind, unsubscribe, reply_to = kind_of(told["MAIL_KIND"]), told.get("UNSUBSCRIBE", NONE), told.get("REPLY_TO", "")
    return StageMail(kind, session.stage.name, unsubscribe, told["SENDER"], reply_to, session.clock)
