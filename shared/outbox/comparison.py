"""Messages as they would be produced now, compared with those that are there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.outbox.transitions import PRODUCE
from shared.store import Item


@dataclass(frozen=True)
class Comparison:
    """How many of some messages are there..."""

    differing: int
    """with other contents;"""
    adopted: int
    """because they were put in by hand."""


def compared(items: Sequence[Item], there: Sequence[Item]) -> Comparison:
    """Messages of one period with their namesakes; one that is not there counts for nothing."""
    found = {item["user_id"]: item for item in there}
    pairs = [(item, found[item["user_id"]]) for item in items if item["user_id"] in found]
    return Comparison(
        differing=sum(_differs(old, new) for new, old in pairs),
        adopted=sum(PRODUCE.name not in (old.get("history") or {}) for _, old in pairs),
    )


def _differs(old: Item, new: Item) -> bool:
    """By the digest, which outlives the contents. One that was put in by hand, or is older, has none."""
    if "digest" in old:
        return bool(old["digest"] != new["digest"])
    return "data" in old and _contents(old, new["sender"]) != _contents(new)


def _contents(item: Item, deployed_sender: str = "") -> tuple[Any, ...]:
    """What a mail says, to whom and from whom. An item that names no sender goes out from the deployed one."""
    said = item.get("email"), item.get("data"), item.get("template")
    return *said, item.get("sender", deployed_sender), item.get("reply_to")
