"""A month of a million at three moments: before its first mail, halfway, and when it is over."""

from collections.abc import Mapping

from shared.outbox.states import Status

S = Status
MESSAGES = 1_000_000
_TROUBLE = {
    S.BOUNCED: 20_000,
    S.SUPPRESSED: 5_000,
    S.COMPLAINED: 500,
    S.FAILED: 3_000,
    S.UNCERTAIN: 200,
    S.CANCELLED: 100,
}
MOMENTS: Mapping[str, Mapping[Status, int]] = {
    "all wait": {S.PENDING: MESSAGES},
    "halfway": {S.PENDING: MESSAGES // 2, **_TROUBLE},
    "over": _TROUBLE,
}
"""How many are in which status; the rest of them went well."""
