"""Which of a month's messages are played, where not all are."""

from dataclasses import dataclass

CHUNK = 24_000
"""Messages that follow on each other and are played together: whole batches of each of a stream's lanes, so many that a process
does not look up anew for each chunk what it remembers for a minute.
"""


@dataclass(frozen=True)
class Thinning:
    """Of so many users so many are played: whole chunks, the first at the beginning of the month and the last at its end. Between
    two of them so many others pass as are left: they take their time, their tickets and their places in the tables.
    """

    users: int
    played: int

    @classmethod
    def of(cls, users: int, at_most: int) -> "Thinning":
        if users <= at_most:
            return cls(users, users)
        return cls(users, at_most // CHUNK * CHUNK)

    @property
    def weight(self) -> float:
        """Messages that one stands for."""
        return self.users / self.played

    @property
    def between(self) -> int:
        """Messages between two chunks."""
        chunks = self.played // CHUNK
        return 0 if self.users == self.played else (self.users - self.played) // (chunks - 1)

    def passed(self, played: int) -> int:
        """Messages that are passed over until so many are played."""
        return min(played, self.played - 1) // CHUNK * self.between

    def passed_within(self, first: int, last: int) -> int:
        """Those that come right after these, of which the first and the last are given."""
        return self.passed(last) - self.passed(first)
