"""The mail of one message: from the message itself, or, where its story is over, from the row that it was made of."""

from dataclasses import dataclass, replace

from ops.errors import UnreadableError
from ops.formatting import when
from ops.mail.rendering import Rendered, render
from ops.mail.stage_mail import StageMail, stage_mail
from ops.mail.stored_result import NoResultError, stored_result
from ops.privacy.forget import was_forgotten
from ops.session import Session
from shared.errors import OnlyonceError
from shared.keys import Key
from shared.outbox.message import Message, from_item
from shared.outbox.new_message import digest_of
from shared.outbox.states import ACCEPTED, WAITING, Status
from shared.periods import Period
from shared.producing.run import RunState
from shared.rendering.mail_kind import Row
from shared.store import Item

ITSELF = "from the message itself"
ITS_ROW = "made again from its row in the month's query result: the message's digest says that it is the same"
A_ROW = "made from a row of the month's query result"
FORGOTTEN = (
    "the user was forgotten: what their mails said, and to whom they went, is erased for good and not shown again"
)
GONE_WITH_ITS_STORY = "what it said went with the end of its story"
BY_HAND = f"it was put in by hand: {GONE_WITH_ITS_STORY}, and nothing else has it"
OTHERWISE = (
    f"{GONE_WITH_ITS_STORY}, and their row in the month's query result would make another mail today: the month was asked "
    "anew since, the stage's sender has changed, or this checkout makes other variables of a row than the one that was deployed "
    "then"
)


@dataclass(frozen=True)
class Shown:
    """A mail, or why there is none to show."""

    rendered: Rendered | None
    source: str
    """What it is and where it comes from; "" with nothing to show."""
    why_not: str = ""
    to: str = ""
    sender: str = ""
    reply_to: str = ""
    row: Row | None = None
    """The user's row, where they have no message."""


def mail_of(session: Session, key: Key) -> Shown:
    """What the user's mail of the month says. It asks and never writes. Raises nothing of AWS: `why_not` says it."""
    try:
        item = session.messages.get(key._asdict())
        return _without_message(session, key) if item is None else _of_item(session, item)
    except (NoResultError, UnreadableError, OnlyonceError) as error:
        return Shown(None, "", str(error))


def _of_item(session: Session, item: Item) -> Shown:
    if was_forgotten(item):
        return Shown(None, "", FORGOTTEN)
    message, made = from_item(item), stage_mail(session)
    if message.data:
        return rendered_message(session, made, message, f"{_said(message.status)}, {ITSELF}")
    again = _made_again(session, made, message, item.get("digest"))
    return rendered_message(session, made, again, f"{_said(message.status)}, {ITS_ROW}")


def _made_again(session: Session, made: StageMail, message: Message, digest: object) -> Message:
    """The message with what it said, proven by its digest. Raises NoResultError with the reason why nobody can tell."""
    if not message.produced or not digest:
        raise NoResultError(BY_HAND)
    period = Period.parse(message.key.period)
    row = stored_result(session, period).row_of(message.key.user_id)
    if row is None:
        raise NoResultError(f"{GONE_WITH_ITS_STORY}, and the month's query result has no row of the user any more")
    of_row = made.message(row, period)
    if isinstance(of_row, str):
        raise NoResultError(OTHERWISE)
    if not (message.sender or message.reply_to):  # they went with the rest
        message = replace(message, sender=of_row.sender, reply_to=of_row.reply_to)
    again = replace(message, email=of_row.email, data=of_row.data)
    if digest_of(again.email, again.data, again.template, again.sender, again.reply_to) != digest:
        raise NoResultError(OTHERWISE)
    return again


def _without_message(session: Session, key: Key) -> Shown:
    """What is known of a user who has no message of the month: their row, and why it became none."""
    if any(map(was_forgotten, session.messages.partition("user_id", key.user_id))):
        return Shown(None, "", FORGOTTEN)
    period = Period.parse(key.period)
    row = stored_result(session, period).row_of(key.user_id)
    if row is None:
        return Shown(None, "", "no message: the month's query result has no row of the user")
    record = session.unsubscribed().get(key.user_id)
    if record is not None and "resubscribed_at" not in record:
        return Shown(None, "", f"no message: the user has unsubscribed, {when(record.get('at', ''))}", row=row)
    made = stage_mail(session)
    message = made.message(row, period)
    if isinstance(message, str):
        return Shown(None, "", f"no message: their row is rejected, because {message}", row=row)
    shown = rendered_message(session, made, message, f"what it would say, {A_ROW}")
    return replace(shown, why_not=_not_produced(session, period), row=row)


def _not_produced(session: Session, period: Period) -> str:
    state = (session.runs.get(period) or {}).get("state")
    if state == RunState.COMPLETED:
        return "no message, although their row can become one: the month was closed before, or the item was deleted"
    return f"no message yet: the month is {state}"


def rendered_message(session: Session, made: StageMail, message: Message, source: str) -> Shown:
    """Raises UnreadableError."""
    rendered = render(session.read, message.template, message.data, made.link)
    return Shown(rendered, source, "", message.email, message.sender or made.sender, message.reply_to)


def _said(status: Status) -> str:
    match status:
        case Status.UNCERTAIN:
            return "what was sent, if SES took it"
        case Status.CANCELLED:
            return "what would have been sent"
        case status if status in ACCEPTED:
            return "what was sent"
    return "what will be sent" if status in WAITING else "what would be sent"
