"""The statuses of a message. Each one says who moves it on and how long it may stay."""

from enum import StrEnum


class Status(StrEnum):
    """Where one user's mail of one month stands."""

    PENDING = "PENDING"
    """Produced, and waiting for a worker. The table's stream brings it to `claim` within seconds; the sweeper nudges it
    within 20 minutes where its record was lost. It stays while nothing is sent, or no slot is free.
    """

    CLAIMED = "CLAIMED"
    """A send execution holds it and waits for its slot, for up to three days. `send` moves it on; the sweeper takes it
    back when the lease is over, a quarter of an hour after the slot, or later: from the second attempt on it first waits
    for a gap that grows with each attempt.
    """

    SENDING = "SENDING"
    """SES has been, or is just about to be, asked. `send` moves it on within seconds; where the worker died, the sweeper
    calls it UNCERTAIN after the lease of two minutes.
    """

    UNCERTAIN = "UNCERTAIN"
    """Asked, and nobody knows the answer: it was lost, or the worker died. A Send event resolves it by itself; else an
    operator does, and an alarm lasts as long. No timer moves it, and the system never sends it again.
    """

    FAILED = "FAILED"
    """Definitely not sent, and not tried again by the system. An operator redrives or cancels it; an alarm lasts as long."""

    CANCELLED = "CANCELLED"
    """An operator withdrew it before it was sent. Final."""

    SENT = "SENT"
    """SES accepted it. Final, unless feedback tells more."""

    SUPPRESSED = "SUPPRESSED"
    """SES accepted it and did not send it: the address is on a suppression list. Final, unless feedback tells of a mail that
    went out.
    """

    DELIVERED = "DELIVERED"
    """The recipient's mail server accepted it. Final, unless a complaint comes."""

    BOUNCED = "BOUNCED"
    """The recipient's mail server refused it, for good or until SES stopped trying. Final."""

    COMPLAINED = "COMPLAINED"
    """The recipient marked it as spam. Final."""


WAITING = frozenset({Status.PENDING, Status.CLAIMED, Status.SENDING})
"""The system still has something to do."""

HELD = frozenset({Status.UNCERTAIN, Status.FAILED})
"""An operator decides; an alarm shows them."""

ACCEPTED = (Status.SENT, Status.SUPPRESSED, Status.DELIVERED, Status.BOUNCED, Status.COMPLAINED)
"""SES took the mail. In the order of what is known about it, which never goes backwards."""

FINAL = frozenset({*ACCEPTED, Status.CANCELLED})
"""Nothing more to do."""

EXCEPTIONAL = frozenset({*HELD, Status.CANCELLED, Status.SUPPRESSED, Status.BOUNCED, Status.COMPLAINED})
"""It did not go as it should, or nobody wanted it. Few, so the index `outcome` lists them by month."""

TOLD = FINAL - {Status.SENT}
"""The story is over, and with it the need for what the mail says. Of one that is SENT, SES may still say that it could not
render it, and then an operator needs that (ADR 33).
"""
