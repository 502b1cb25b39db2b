"""What becomes of a mail at each of its recipients."""

from collections import defaultdict

from local.engine.mends.ses import addresses, subscriptions, suppression
from local.engine.mends.ses.mail import Mail

SUPPRESSED, SUPPRESSED_COMPLAINT, UNSUBSCRIBED, DELIVERED = (
    "suppressed",
    "complained before",
    "unsubscribed",
    "delivered",
)
UNREACHED = (SUPPRESSED, SUPPRESSED_COMPLAINT, UNSUBSCRIBED, "suppressionlist", "bounce")


def of(mail: Mail) -> dict[str, list[str]]:
    """The mail's recipients by what becomes of it there."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for recipient in mail.recipients:
        found[_of(recipient, mail)].append(recipient)
    return dict(found)


def _of(recipient: str, mail: Mail) -> str:
    """One of the above, or what the simulator's address is called."""
    if reason := suppression.reason(recipient, mail.configuration_set):
        return SUPPRESSED if reason == "BOUNCE" else SUPPRESSED_COMPLAINT
    if subscriptions.has_left(recipient, mail):
        return UNSUBSCRIBED
    if addresses.is_simulator(recipient):
        return addresses.bare(recipient).partition("@")[0].partition("+")[0].lower()
    return DELIVERED
