"""Replacing a part of MiniStack in process, or refusing loudly."""

from typing import Any


class MendTargetMissingError(Exception):
    """What a mend replaces is not in this MiniStack."""


def replace(owner: Any, name: str, replacement: Any) -> Any:
    """Set `owner.name` to `replacement` and return what was there.

    Raises MendTargetMissingError if there is no such name: a mend that patches nothing would pass unnoticed.
    """
    try:
        original = getattr(owner, name)
    except AttributeError:
        raise MendTargetMissingError(
            f"{getattr(owner, '__name__', owner)!s} has no {name!r}: the mend that replaces it was written for "
            "another MiniStack. See local/engine/pin.py."
        ) from None
    setattr(owner, name, replacement)
    return original
