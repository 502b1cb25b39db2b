"""What others say of a message, without the address of whoever it is for."""

import re

MASK = "…@…"
_ADDRESS = re.compile(r"[^\s'\"<>(),;:]+@[^\s'\"<>(),;:]+")


def redacted(text: object, *known: str, keep: str = "") -> str:
    """The text with a mask in the place of each address in it, and of the `known` ones also where they are malformed.

    `keep` is nobody's secret: the sender's.
    """
    said = str(text)
    for address in filter(None, known):
        said = re.sub(re.escape(address), MASK, said, flags=re.IGNORECASE)
    return _ADDRESS.sub(lambda found: found[0] if _same(found[0], keep) else MASK, said)


def _same(found: str, address: str) -> bool:
    return found.rstrip(".!?]}").casefold() == address.casefold()
