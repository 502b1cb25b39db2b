"""Texts of AWS and of people, without the addresses in them."""

import re
from email.utils import parseaddr

MASK = "…@…"
_WORD = re.compile(r"[^\s\"<>(),;:]+")
"""What may be an address, or end in one, as `identity/usage@example.com` does in an ARN."""


def redacted(text: object, *known: str, keep: str = "") -> str:
    """The text with a mask in the place of each address. `known` are masked also where they are malformed. `keep`, the
    sender with or without a display name, is no secret and stays.
    """
    said, kept = str(text), parseaddr(keep)[1].casefold()
    for address in filter(None, known):
        said = re.sub(re.escape(address), MASK, said, flags=re.IGNORECASE)
    return _WORD.sub(lambda found: _masked(found[0], kept), said)


def _masked(word: str, kept: str) -> str:
    whole = word.rstrip("'`]}.!?")
    bare = whole.lstrip("'`[{")
    if bare.startswith("@") and whole[: -len(bare)].strip("'"):
        bare = whole  # nobody quotes so: these are what stands before the @
    if "@" not in bare[1:] or MASK in word or (kept and bare.rpartition("/")[2].casefold() == kept):
        return word  # also where nothing stands before the @: SES says "Missing final '@domain'"
    return word.replace(bare, MASK)
