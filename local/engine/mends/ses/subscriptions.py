"""Subscription management: a mail that names a contact list (source: ses-subscriptions).

Its recipients are contacts of the list from then on. Who has left the list, or the mail's topic, is not sent to. With one
recipient the mail gets the headers of RFC 8058, over those that its sender gave it, and the link to unsubscribe in the place
of the first two placeholders. Elsewhere a placeholder stays what it is.
"""

import os
from dataclasses import replace

from local.engine.mends.ses import contact_lists, contacts
from local.engine.mends.ses.headers import overridden
from local.engine.mends.ses.mail import Content, Mail

ATTRIBUTE = "amazonSESUnsubscribeUrl"
PLACEHOLDER = "{{" + ATTRIBUTE + "}}"
MOST_LINKS = 2
PATH = "/_onlyonce/unsubscribe/"


def check(mail: Mail) -> None:
    """Raise RefusedError if the mail names a list or a topic that does not exist."""
    if mail.managed_by:
        kept = contact_lists.found(mail.managed_by.list_name)
        if mail.managed_by.topic:
            contact_lists.check_topic(kept, mail.managed_by.topic)


def enrolled(mail: Mail, message_id: str) -> Mail:
    """The mail as it is sent, its recipients being contacts now."""
    if not mail.managed_by:
        return mail
    for recipient in mail.recipients:
        if contacts.contact_of(recipient) is None:
            contacts.added(recipient)
    if len(mail.recipients) > 1:
        return mail
    added = [("List-Unsubscribe", f"<{_url(message_id)}>"), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")]
    return replace(mail, headers=overridden(mail.headers, added))


def attributes(mail: Mail) -> dict[str, str]:
    """What the mail's template can use besides its data: the placeholder, which stays."""
    return {ATTRIBUTE: PLACEHOLDER} if mail.managed_by else {}


def linked(content: Content, mail: Mail, message_id: str) -> Content:
    """The content with its links: in the text part first."""
    if not mail.managed_by or len(mail.recipients) > 1:
        return content
    left = MOST_LINKS - content.text.count(PLACEHOLDER)
    text = content.text.replace(PLACEHOLDER, _url(message_id), MOST_LINKS)
    return replace(content, text=text, html=content.html.replace(PLACEHOLDER, _url(message_id), max(left, 0)))


def has_left(recipient: str, mail: Mail) -> bool:
    """Whether the recipient wants no such mail."""
    contact = contacts.contact_of(recipient) if mail.managed_by else None
    if not mail.managed_by or contact is None:
        return False
    kept = contact_lists.found(mail.managed_by.list_name)
    return contacts.has_left(contact, kept, mail.managed_by.topic)


def _url(message_id: str) -> str:
    return f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}{PATH}{message_id}"
