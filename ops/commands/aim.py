"""Which messages a command is about: one, a selection of them, or a list."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from ops.commands.order import Error, Limit, Month, OneStatus
from ops.errors import UnclearError
from ops.selection import Selection
from shared.errors import InvalidMessageError
from shared.keys import Key
from shared.outbox.states import Status
from shared.periods import Period


@Parameter(name="*")
@dataclass(frozen=True)
class Selecting:
    """The options that select messages."""

    status: OneStatus | None = None
    period: Annotated[Month | None, Parameter(help="only of this month, written YYYY-MM")] = None
    error: Error = ""
    limit: Limit = None

    @property
    def any(self) -> bool:
        return any((self.status, self.period, self.error, self.limit))

    def selection(self, statuses: Collection[Status]) -> Selection:
        """Of messages in one of `statuses`. Raises UnclearError."""
        if self.status is not None and self.status not in statuses:
            raise UnclearError(f"--status {self.status}: invalid choice; choose from {', '.join(sorted(statuses))}")
        chosen = frozenset({self.status} if self.status else statuses)
        return Selection(chosen, str(self.period) if self.period else None, self.error, self.limit)


@Parameter(name="*")
@dataclass(frozen=True)
class Several:
    """The options that take the place of one message's USER PERIOD."""

    all: Annotated[bool, Parameter(help="all messages that the following options select")] = False
    selecting: Selecting = Selecting()
    file: Annotated[
        str | None,
        Parameter(
            name="--from",
            metavar="FILE",
            allow_leading_hyphen=True,
            help="lines as `list --json` writes them; - is standard input",
        ),
    ] = None
    yes: Annotated[bool, Parameter(help="don't ask whether the number of messages is right")] = False


def check(user: str | None, period: Period | None, several: Several) -> None:
    """Exactly one of the three ways, and nothing that would be passed over. Raises UnclearError."""
    ways = (user is not None) + several.all + (several.file is not None)
    if ways != 1 or (user is not None and period is None):
        raise UnclearError("name one message (USER PERIOD), or --all, or --from FILE")
    if several.all and several.selecting.period is None:
        raise UnclearError("--all needs --period: a decision is about one month's messages")
    if several.selecting.any and not several.all:
        raise UnclearError("--status, --period, --error and --limit go with --all")
    if several.file == "-" and not several.yes:
        raise UnclearError("--from - needs --yes: standard input can't also answer the question")


def key_of(user: str, period: Period) -> Key:
    """Raises UnclearError for a name that no message can have."""
    try:
        return Key.of(user, str(period))
    except InvalidMessageError as error:
        raise UnclearError(str(error)) from error
