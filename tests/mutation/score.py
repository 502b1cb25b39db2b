"""What the tried variants come to, and the reasons of those that survived."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

SURVIVORS = Path(__file__).with_name("survivors.toml")
WANTED = 0.95
"""Share of the variants that make a difference which a test must catch."""
Place = tuple[str, str, str]


@dataclass(frozen=True)
class Variant:
    """One broken variant that was tried."""

    where: str
    was: str
    becomes: str
    verdict: str
    """caught; stopped: it ran for ever, or wanted all memory; survived."""

    def __str__(self) -> str:
        return f"{self.where}: {self.was}  →  {self.becomes}"

    @property
    def place(self) -> Place:
        """By which it is known again, also after other lines of its function have changed."""
        return self.where, self.was, self.becomes


@dataclass(frozen=True)
class Reason:
    """Why a variant survives."""

    words: str
    equivalent: bool
    """Nobody could tell it from the code as it is."""


@dataclass(frozen=True)
class Score:
    tried: int
    stopped: int
    survivors: tuple[Variant, ...]
    equivalent: int
    """Of the survivors."""
    unexplained: int
    """Of the survivors: nobody has written down why."""

    @classmethod
    def of(cls, tried: Sequence[Variant], reasons: Mapping[Place, Reason]) -> "Score":
        survivors = tuple(one for one in tried if one.verdict == "survived")
        return cls._judged(len(tried), sum(one.verdict == "stopped" for one in tried), survivors, reasons)

    @classmethod
    def read(cls, figures: Mapping[str, Any], reasons: Mapping[Place, Reason]) -> "Score":
        """The score of a run that `figures` were kept of."""
        survivors = tuple(Variant(**one) for one in figures["survivors"])
        return cls._judged(figures["tried"], figures["of_these_stopped"], survivors, reasons)

    @classmethod
    def _judged(
        cls, tried: int, stopped: int, survivors: tuple[Variant, ...], reasons: Mapping[Place, Reason]
    ) -> "Score":
        told = [reasons.get(one.place) for one in survivors]
        equivalent = sum(reason is not None and reason.equivalent for reason in told)
        return cls(tried, stopped, survivors, equivalent, told.count(None))

    @property
    def caught(self) -> int:
        return self.tried - len(self.survivors)

    @property
    def share(self) -> float:
        """Of the variants that make a difference, how many were caught."""
        different = self.tried - self.equivalent
        return self.caught / different if different else 0.0

    @property
    def holds(self) -> bool:
        return self.share >= WANTED and not self.unexplained

    def figures(self) -> dict[str, Any]:
        """What a run has found. What it comes to is not in it: a reason may be written down later."""
        ordered = sorted(self.survivors, key=lambda one: one.place)
        return {"tried": self.tried, "of_these_stopped": self.stopped, "survivors": [asdict(one) for one in ordered]}

    def __str__(self) -> str:
        return (
            f"{self.tried:,} variants tried, {len(self.survivors)} survived, {self.equivalent} of them equivalent and "
            f"{self.unexplained} without a reason: {100 * self.share:.1f} % caught"
        )


def known(file: Path = SURVIVORS) -> dict[Place, Reason]:
    """The reasons that are written down. Raises ValueError for a variant that is listed twice."""
    reasons: dict[Place, Reason] = {}
    for one in tomllib.loads(file.read_text(encoding="utf-8")).get("survivor", []):
        place = one["where"], one["was"], one["becomes"]
        if place in reasons:
            raise ValueError(f"{file.name} lists this variant twice: {place}")
        reasons[place] = Reason(one["reason"], one["equivalent"])
    return reasons
