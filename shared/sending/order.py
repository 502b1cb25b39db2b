"""A send order: the claims that one execution carries, and when it wakes up. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from shared.errors import InvalidMessageError
from shared.keys import Key
from shared.outbox import formats
from shared.outbox.message import Message
from shared.redaction import redacted
from shared.times import from_text, to_micros, to_text

BATCH_LEAD = timedelta(seconds=1)
"""So much earlier an order of several claims wakes up: if it came late, all of them would."""


@dataclass(frozen=True)
class Claim:
    """A claimed message as an execution carries it: never an address nor data, they would stay in its history."""

    key: Key
    fence: int
    ticket: int

    @classmethod
    def of(cls, message: Message) -> "Claim":
        return cls(message.key, message.fence, message.ticket)

    def to_json(self) -> dict[str, Any]:
        named = {**self.key._asdict(), "fence": self.fence, "ticket": self.ticket}
        return {**named, formats.FORMAT: formats.WRITTEN}

    @classmethod
    def from_json(cls, claim: Any) -> "Claim":
        """Raises NewerFormatError; for what is no claim KeyError, TypeError, ValueError, AttributeError, InvalidMessageError."""
        formats.check(claim)
        _whole(claim.get(formats.FORMAT, formats.FIRST))
        return cls(Key.of(claim["user_id"], claim["period"]), _whole(claim["fence"]), _whole(claim["ticket"]))


@dataclass(frozen=True)
class SendOrder:
    """The input of a send execution and of each round of its loop."""

    send_at: datetime
    """When to wake up for the first claim's slot. Wait truncates it to the second, and the function sleeps for the rest
    (source: sfn-wait).
    """
    claims: tuple[Claim, ...]

    @classmethod
    def of(cls, messages: Sequence[Message], lead: timedelta = timedelta()) -> "SendOrder":
        """The order for these claims; it wakes up so much earlier than the first slot as wake-ups come late (`lead`).
        Raises InvalidMessageError if the first has no slot.
        """
        send_at = messages[0].send_at
        if send_at is None:
            raise InvalidMessageError("a claimed message has no send_at")
        earlier = max(lead, BATCH_LEAD if len(messages) > 1 else timedelta())
        return cls(send_at - earlier, tuple(Claim.of(message) for message in messages))

    def without(self, claim: Claim) -> "SendOrder":
        return replace(self, claims=tuple(one for one in self.claims if one != claim))

    def woke_late_us(self, now: datetime) -> int:
        """How late it woke up after the second that Wait knows, if it woke up now."""
        return max(0, to_micros(now) - to_micros(self.send_at.replace(microsecond=0)))

    def to_json(self) -> dict[str, Any]:
        return {"send_at": to_text(self.send_at), "claims": [claim.to_json() for claim in self.claims]}

    @classmethod
    def from_json(cls, order: Any) -> "SendOrder":
        """Raises NewerFormatError if a later release has made it, InvalidMessageError: an execution can be started by hand
        with anything.
        """
        try:
            claims = tuple(Claim.from_json(claim) for claim in order["claims"])
            return cls(from_text(order["send_at"]), claims)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InvalidMessageError(
                "a send order has send_at and claims of user_id, period, fence and ticket; "
                f"this one: {type(error).__name__}: {redacted(str(error)[:200])}"
            ) from error


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{value!r} is no whole number")
    return value
