"""From an act's address to the act."""

from collections.abc import Callable, Mapping

from ops.console.acts.act import Act
from ops.console.acts.messages import OnGroup, OnMessage
from ops.console.acts.months import Close, Halt, How, Produce
from ops.console.acts.switches import Pause, Resume
from ops.console.acts.trial import SendTest
from ops.console.addresses import month_address
from ops.console.groups import Group
from ops.decision import VERBS
from ops.errors import RefusedError
from shared.keys import Key
from shared.outbox.transitions import Transition
from shared.periods import Period

Given = Mapping[str, str]
"""An address's query."""


def act_of(name: str, given: Given) -> Act:
    """Raises RefusedError, InvalidMessageError, InvalidPeriodError."""
    if name in VERBS:
        return _on_group(VERBS[name], given) if "shown" in given else _on_message(VERBS[name], given)
    if name in set(How):
        return Produce(_period(given), How(name), tuple(filter(None, given.get("words", "").split(","))))
    if name not in _OTHERS:
        raise RefusedError(f"there is nothing that is called {name!r}")
    return _OTHERS[name](given)


def _on_message(transition: Transition, given: Given) -> Act:
    return OnMessage(transition, Key.of(given.get("user"), given.get("period")))


def _on_group(transition: Transition, given: Given) -> Act:
    if not given["shown"].isdecimal() or len(given["shown"]) > 9:
        raise RefusedError("how many were shown?")
    return OnGroup(transition, Group.of(given), int(given["shown"]))


def _period(given: Given) -> Period:
    return Period.parse(given.get("period"))


_OTHERS: Mapping[str, Callable[[Given], Act]] = {
    "pause": lambda given: Pause(month_address(_period(given))),
    "resume": lambda given: Resume(month_address(_period(given))),
    "halt": lambda given: Halt(_period(given)),
    "close": lambda given: Close(_period(given)),
    "test-send": lambda given: SendTest(Key.of(given.get("user"), given.get("period"))),
}
