"""Mails of nobody in particular: the first ones of a month, or one without figures."""

from collections.abc import Iterator
from itertools import islice

from ops.mail.of_message import A_ROW, Shown, rendered_message
from ops.mail.rendering import render
from ops.mail.stage_mail import stage_mail
from ops.mail.stored_result import NoResultError, stored_result
from ops.privacy.forget import was_forgotten
from ops.session import Session
from shared.outbox.message import Message
from shared.periods import Period
from shared.rendering.handlebars import required_variables
from shared.rendering.unsubscribing import LINK, SES_LINK


def samples(session: Session, period: Period, most: int) -> Iterator[tuple[str, Shown]]:
    """User and mail, of the first rows of the month's query result that can become any. Raises NoResultError, UnreadableError,
    OnlyonceError.
    """
    made = stage_mail(session)
    drafts = (made.message(row, period) for row in stored_result(session, period).rows())
    wanted = (one for one in drafts if isinstance(one, Message) and not _was_forgotten(session, one))
    for message in islice(wanted, most):
        yield message.key.user_id, rendered_message(session, made, message, f"what is sent, {A_ROW}")


def first_of(session: Session, period: Period) -> tuple[str, Shown]:
    """The first of them; nobody's (""), where the month has no rows to read yet. Raises UnreadableError, OnlyonceError."""
    try:
        found = next(samples(session, period, 1), None)
    except NoResultError:
        found = None
    return found or ("", stand_in(session))


def stand_in(session: Session) -> Shown:
    """The mail with a dash for each figure, as this checkout has it. Raises UnreadableError, OnlyonceError."""
    made = stage_mail(session)
    template = made.kind.files.template(made.stack, made.unsubscribe)
    data = dict.fromkeys(required_variables(template.parts) - {LINK, SES_LINK}, "–")
    rendered = render(session.read, template.name, data, made.link)
    return Shown(rendered, "a mail with a dash for each figure", sender=made.sender, reply_to=made.reply_to)


def _was_forgotten(session: Session, message: Message) -> bool:
    return any(map(was_forgotten, session.messages.partition("user_id", message.key.user_id)))
