"""From what a person types for a user, an id or an address, to the user's id."""

from ops.errors import RefusedError, UnreadableError
from ops.formatting import masked, person
from ops.mail.stored_result import NoResultError, stored_result
from ops.month.look import latest_period
from ops.session import Session
from shared.periods import Period


def user_of(session: Session, typed: str, period: Period | None) -> str:
    """An address is looked for among the rows of the month's query, by default the latest's. Raises RefusedError if it is
    nobody's there, or several users'.
    """
    if "@" not in typed or session.messages.partition("user_id", typed):
        return typed
    month = period or latest_period(session)
    try:
        users = stored_result(session, month).user_of(typed)
    except (NoResultError, UnreadableError) as error:
        raise RefusedError(
            f"nobody has that id, and by address nobody can be found: {error}. Type the user's id"
        ) from error
    if not users:
        raise RefusedError(f"{masked(typed.strip())} is in no row of {month}'s query: another month, or the user's id?")
    if len(users) > 1:
        named = ", ".join(map(person, users))
        raise RefusedError(f"{masked(typed.strip())} is the address of several users: {named}. Type the id of one")
    return users[0]
