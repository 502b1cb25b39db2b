"""How a recipient unsubscribes: the link in the mail, the headers that carry it, and the token that says whose link it is.

A message does not hold its link. It is made when SES is asked: it must be valid then, whatever was deployed since (ADR 31).
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from shared.errors import InvalidMessageError
from shared.keys import from_tag, to_tag

LINK = "unsubscribe_url"
"""The variable that the templates show."""
SES_LINK = "amazonSESUnsubscribeUrl"
"""Where a mail says this in two braces, SES puts the link to its own page (source: ses-subscriptions)."""
_SHOWN = re.compile(rf"\{{\{{\{{?\s*(?:html\.)?{LINK}\s*\}}?\}}\}}")
_IN_BRACES = f"{{{{{SES_LINK}}}}}"
SES, NONE = "ses", "none"
"""Values of the setting `unsubscribe`, beside the address of a page."""


@dataclass(frozen=True)
class Unsubscribing:
    """As the stage's setting says."""

    setting: str
    """The address of one's own page; SES: its own contact list, page and headers; NONE: this mail needs none."""
    stack: str = ""
    key: Callable[[], bytes] = bytes
    """What the tokens for one's own page are signed with. Raises SendUnavailableError."""
    contact_list: str = ""
    topic: str = ""

    def link(self, user_id: str) -> str:
        """What the mail shows. Raises SendUnavailableError."""
        if self.setting == NONE:
            return ""
        if (
            self.setting == SES
        ):  # nobody says whether SES looks for it before it renders or after: it is there both times
            return _IN_BRACES
        return f"{self.setting}{'&' if '?' in self.setting else '?'}token={token(self.key(), self.stack, user_id)}"

    def headers(self, link: str) -> dict[str, str]:
        """Those of one click, by which a mailbox unsubscribes without the page being looked at (source: one-click)."""
        if self.setting in (SES, NONE):
            return {}
        return {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}

    @property
    def list_management(self) -> dict[str, str]:
        """SES's list and topic, as SendEmail takes them; empty: SES has no part in it."""
        return {"ContactListName": self.contact_list, "TopicName": self.topic} if self.setting == SES else {}


def written(part: str, setting: str) -> str:
    """A part of the template as SES is to have it: of its own list SES knows the link by its own name alone."""
    return _SHOWN.sub(_IN_BRACES, part) if setting == SES else part


def variables(link: str) -> dict[str, str]:
    """What is added to a message's data when SES is asked. A template may show the link by either name: one that was made
    for another setting is rendered as well.
    """
    return {LINK: link, SES_LINK: link}


def token(key: bytes, stack: str, user_id: str) -> str:
    """Names the user, and proves that this stack has said so."""
    return f"{to_tag(user_id)}.{_signature(key, stack, user_id)}"


def user_of(given: str, stack: str, keys: Iterable[bytes]) -> str | None:
    """The user whom a token names, if one of these keys has signed it; None: it is not ours."""
    named, _, signature = given.partition(".")
    try:
        user_id = from_tag(named)
    except InvalidMessageError:
        return None
    known = (hmac.compare_digest(_signature(key, stack, user_id).encode(), signature.encode()) for key in keys)
    return user_id if any([*known]) else None


def _signature(key: bytes, stack: str, user_id: str) -> str:
    said = hmac.digest(key, f"{stack}\n{user_id}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(said).decode().rstrip("=")
