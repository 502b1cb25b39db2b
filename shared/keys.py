"""The names of one message in each system that it passes through. All are computed from its key: none is looked up."""

import base64
import binascii
import hashlib
import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from shared.errors import InvalidMessageError

USER_ID_MAX_BYTES = 128
SHARDS = 8
"""Partitions of the `unfinished` index: enough that no one of them is hot (one takes 1,000 writes a second)."""

_REFUSED = frozenset({"Cc", "Zl", "Zp", "Cs"})
"""Categories of Unicode that would end a line of a log or a list, or can't be encoded. Format characters, such as joiners,
are allowed: names and emoji have them.
"""
_PERIOD = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


class Key(NamedTuple):
    """The outbox table's key: one item per user and month."""

    user_id: str
    period: str

    @classmethod
    def of(cls, user_id: object, period: object) -> "Key":
        """The key, checked. Raises InvalidMessageError; its `attribute` is the part that is wrong."""
        if not isinstance(user_id, str) or not user_id:
            raise InvalidMessageError("user_id is missing or empty", attribute="user_id")
        if not user_id.isprintable() and (
            found := next((c for c in user_id if unicodedata.category(c) in _REFUSED), "")
        ):
            raise InvalidMessageError(
                f"user_id {user_id[:80]!r} has the character {found!r}: control characters, line and paragraph "
                "separators and lone surrogates are refused",
                attribute="user_id",
            )
        if len(user_id.encode()) > USER_ID_MAX_BYTES:
            raise InvalidMessageError(
                f"user_id has {len(user_id.encode())} bytes, at most {USER_ID_MAX_BYTES} are allowed",
                attribute="user_id",
            )
        if not isinstance(period, str) or not _PERIOD.fullmatch(period):
            raise InvalidMessageError(f"period {period!r} is not written YYYY-MM", attribute="period")
        return cls(user_id, period)

    @property
    def message_id(self) -> str:
        """128 bits of SHA-256, in hexadecimal. Each part's length goes before it, so no two keys become the same bytes."""
        user_id, period = self.user_id.encode(), self.period.encode()
        text = len(user_id).to_bytes(4, "big") + user_id + len(period).to_bytes(4, "big") + period
        return hashlib.sha256(text).hexdigest()[:32]

    @property
    def shard(self) -> int:
        return shard_of(self.message_id)


def shard_of(message_id: str) -> int:
    """The partition of the `unfinished` index that the message is in."""
    return int(message_id[:8], 16) % SHARDS


def execution_name(claims: Sequence[tuple[Key, int]]) -> str:
    """The execution's name: unique for these claims, each a key and its fence (Step Functions: 1-80 characters of
    [A-Za-z0-9_-]).
    """
    names = [f"{key.message_id}-{fence}" for key, fence in claims]
    if len(names) == 1:
        return names[0]
    return f"{len(names)}-{hashlib.sha256(' '.join(names).encode()).hexdigest()[:32]}"


def to_tag(user_id: str) -> str:
    """A user_id as an SES tag value, which may only hold [A-Za-z0-9_-] (source: ses-tags)."""
    return base64.urlsafe_b64encode(user_id.encode()).decode().rstrip("=")


def from_tag(tag: str) -> str:
    """The user_id that `to_tag` wrote. Raises InvalidMessageError."""
    try:
        return base64.b64decode(tag + "=" * (-len(tag) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise InvalidMessageError(f"the tag {tag!r} holds no user_id") from error
