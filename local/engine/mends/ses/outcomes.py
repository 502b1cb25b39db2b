"""What becomes of a mail at each of its recipients: by the lists, by order, or by the mailbox simulator."""

import re
from collections import defaultdict

from local.engine.mends.ses import addresses, sending_account, subscriptions, suppression
from local.engine.mends.ses.mail import Mail

SUPPRESSED, SUPPRESSED_COMPLAINT, UNSUBSCRIBED, DELIVERED = (
    "suppressed",
    "complained before",
    "unsubscribed",
    "delivered",
)
BOUNCED, MAILBOX_FULL, COMPLAINED, DELAYED, LISTED = "bounce", "mailboxfull", "complaint", "delay", "suppressionlist"
ORDERED = (BOUNCED, MAILBOX_FULL, COMPLAINED, DELAYED, LISTED, DELIVERED)
"""What a test can order for an address (admin.py)."""
_SIMULATED = (BOUNCED, COMPLAINED, LISTED)
"""Of the simulator's addresses with these names; the others get their mail."""
UNREACHED = (SUPPRESSED, SUPPRESSED_COMPLAINT, UNSUBSCRIBED, LISTED, BOUNCED, MAILBOX_FULL)


def of(mail: Mail) -> dict[str, list[str]]:
    """The mail's recipients by what becomes of it there."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for recipient in mail.recipients:
        found[_of(recipient, mail)].append(recipient)
    return dict(found)


def _of(recipient: str, mail: Mail) -> str:
    """One of the above."""
    if reason := suppression.reason(recipient, mail.configuration_set):
        return SUPPRESSED if reason == "BOUNCE" else SUPPRESSED_COMPLAINT
    if subscriptions.has_left(recipient, mail):
        return UNSUBSCRIBED
    if addresses.is_simulator(recipient):
        name = addresses.bare(recipient).partition("@")[0].partition("+")[0].lower()
        return name if name in _SIMULATED else DELIVERED
    return _ordered(addresses.bare(recipient)) or DELIVERED


def is_rule(rule: object) -> bool:
    """Whether it orders an outcome: {"to": pattern, "outcome": one of ORDERED}."""
    if not isinstance(rule, dict) or set(rule) != {"to", "outcome"} or rule["outcome"] not in ORDERED:
        return False
    try:
        return bool(re.compile(rule["to"]))
    except (re.error, TypeError):
        return False


def _ordered(address: str) -> str:
    rules = sending_account.current().outcomes
    return next((rule["outcome"] for rule in rules if re.search(rule["to"], address, re.IGNORECASE)), "")
