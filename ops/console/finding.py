"""From what a person knows of a user, an id or an address, to the user."""

from collections.abc import Sequence
from dataclasses import dataclass

from ops.errors import UnreadableError
from ops.mail.stored_result import NoResultError, stored_result
from ops.month.look import latest_period
from ops.session import Session


@dataclass(frozen=True)
class Found:
    """`why_not`: why there may be more than were found; "" where there are not."""

    users: Sequence[str]
    why_not: str = ""


def find(session: Session, sought: str) -> Found:
    """By user id, in every month; by address, in the query result of the latest month. Whatever is no address is taken for
    a user id.
    """
    if session.messages.partition("user_id", sought) or "@" not in sought:
        return Found([sought])
    period = latest_period(session)
    try:
        users = stored_result(session, period).user_of(sought)
    except (NoResultError, UnreadableError) as error:
        return Found(
            [],
            f"An address is looked for in the query result of {period}, which can't be read: {error}",
        )
    return Found(users, "" if users else f"No message has this user id, and no row of {period} has this address.")
