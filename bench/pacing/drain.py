"""How fast a month's mails were accepted, and how often SES had to refuse. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Drain:
    """Times in seconds, oldest first: of each acceptance, and of each refusal for the rate."""

    accepted_at: Sequence[float]
    refused_at: Sequence[float]
    rate: float
    """Mails a second that SES accepts."""
    messages: int

    @property
    def seconds(self) -> float:
        """From the first acceptance to the last."""
        return self.accepted_at[-1] - self.accepted_at[0] if self.accepted_at else 0.0

    @property
    def ratio(self) -> float:
        """Relative to the ideal, which is messages / rate: 1.0 is the full speed."""
        return self.seconds / (self.messages / self.rate)

    @property
    def refused_fraction(self) -> float:
        """Refused requests for each accepted one."""
        return len(self.refused_at) / max(1, len(self.accepted_at))

    @property
    def most_in_any_second(self) -> int:
        """Acceptances within any rolling second."""
        first, most = 0, 0
        for last, at in enumerate(self.accepted_at):
            while at - self.accepted_at[first] >= 1:
                first += 1
            most = max(most, last - first + 1)
        return most

    @property
    def accepted_per_second(self) -> list[int]:
        """Acceptances in each second from the first acceptance on."""
        return self._per_second(self.accepted_at)

    @property
    def refused_per_second(self) -> list[int]:
        """Refusals in each second from the first acceptance on."""
        return self._per_second(self.refused_at)

    def _per_second(self, times: Sequence[float]) -> list[int]:
        counts = Counter(int(max(0.0, at - self.accepted_at[0])) for at in times) if self.accepted_at else Counter()
        return [counts[second] for second in range(max(counts, default=-1) + 1)]
