"""How a status looks: a tone, and a mark that says the same without colour."""

from shared.outbox.states import Status

MARKS = {"good": "✓", "bad": "✗", "mind": "!", "calm": "·", "wait": "…"}
"""By tone."""
_TONES = {
    Status.SENT: "good",
    Status.DELIVERED: "good",
    Status.PENDING: "wait",
    Status.CLAIMED: "wait",
    Status.SENDING: "wait",
    Status.FAILED: "bad",
    Status.BOUNCED: "bad",
    Status.COMPLAINED: "bad",
    Status.UNCERTAIN: "mind",
    Status.SUPPRESSED: "mind",
    Status.CANCELLED: "calm",
}


def tone(status: str) -> str:
    """calm for a status that nobody knows."""
    return _TONES.get(Status(status), "calm") if status in set(Status) else "calm"
