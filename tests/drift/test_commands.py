"""What every command of `onlyonce` has in common: those that show something have --json."""

import pytest

from ops.commands.order import Order
from ops.decision import VERBS, typed
from ops.main import grammar, parse

ALL = {name for name in grammar() if not name.startswith("-")}
ACTS = {
    *map(typed, VERBS.values()), "pause", "resume", "produce", "halt", "close", "readmit", "reconcile", "unsubscribe",
    "resubscribe", "forget", "test-send",
}  # fmt: skip
"""They change something."""
OTHERWISE = {
    "completion": "it prints a script",
    "console": "it serves pages",
    "export": "it prints JSON alone",
    "preview": "it shows a mail in the browser",
    "report": "it writes a page",
}
"""What they show is in another form anyway."""
LEAST = {"show": ["ann"], "preflight": ["2026-10"]}
"""The words without which one is not understood."""


@pytest.mark.parametrize("name", sorted(ALL - ACTS - OTHERWISE.keys()))
def test_every_command_that_shows_has_json(name: str) -> None:
    order = parse([name, *LEAST.get(name, []), "--json", "--stage", "prod"])
    assert isinstance(order, Order)


def test_they_are_all_looked_at() -> None:
    assert ACTS | OTHERWISE.keys() <= ALL
    assert {"status", "list", "held", "suppressed", "show", "doctor", "accept"} <= ALL - ACTS - OTHERWISE.keys()
