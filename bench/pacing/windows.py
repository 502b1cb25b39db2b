"""What a series of acceptances tells: the busiest window, and what SES would have refused. Times in seconds, in order."""

from collections.abc import Sequence


def busiest(times: Sequence[float], window: float) -> int:
    """Most of them in any window of that length."""
    first = most = 0
    for last, at in enumerate(times):
        while times[first] <= at - window:
            first += 1
        most = max(most, last - first + 1)
    return most


def refused(times: Sequence[float], rate: float) -> int:
    """How many a token bucket refuses whose capacity and refill are the rate."""
    tokens, filled_at, refusals = rate, times[0] if times else 0.0, 0
    for at in times:
        tokens, filled_at = min(rate, tokens + (at - filled_at) * rate), at
        if tokens >= 1:
            tokens -= 1
        else:
            refusals += 1
    return refusals
