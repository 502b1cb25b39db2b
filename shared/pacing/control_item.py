"""The campaign's one control item in its table: read, remembered for a while, written at first, and changed.

Two kinds of change. Numbers (tickets, places in the lane) are taken by adding to a counter. Everything else makes a new revision.
Both need the revision that they were computed from, and are computed again if that is gone.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta

from shared.errors import StoreUnavailableError
from shared.pacing.campaign_state import CampaignState, campaign_state
from shared.store import Answer, Item, Store, Term, Write
from shared.times import Clock

KEY = {"name": "campaign"}
CACHE_FOR = timedelta(seconds=2)
EXISTS = Term("revision", "exists")
_TRIES = 12
_OTHERS_CAME = f"{_TRIES} other changes of the campaign came between"


class ControlItem:
    """Every method raises StoreUnavailableError."""

    def __init__(self, store: Store, clock: Clock, first: Callable[[], Item]) -> None:
        """`first` gives the attributes of a new stack's item."""
        self._store = store
        self._clock = clock
        self._first = first
        self._remembered: tuple[datetime, CampaignState] | None = None

    def begun(self) -> CampaignState | None:
        """The state as it is now; None on a new stack, until it is asked for."""
        item = self._store.get(KEY)
        return None if item is None else self._remember(item)

    def state(self) -> CampaignState:
        """The state as it is now. The first to ask on a new stack writes the item."""
        state = self.begun()
        if state is None:
            self._store.write(Write(KEY, ((Term("revision", "absent"),),), self._first()))
            state = self.begun()
        if state is None:
            raise StoreUnavailableError("the campaign's control item was written and can't be read")
        return state

    def recent_state(self) -> CampaignState:
        """The state as it was at most two seconds ago."""
        if self._remembered and abs(self._clock() - self._remembered[0]) < CACHE_FOR:
            return self._remembered[1]
        return self.state()

    def last_state(self) -> CampaignState:
        """The state as it was last read, however long ago."""
        return self._remembered[1] if self._remembered else self.state()

    def tries(self, why: str) -> Iterator[CampaignState]:
        """The state as it is now, again and again, for a change that others keep coming before; `why` ends the error."""
        for attempt in range(_TRIES):
            yield self.state()
            _give_way(attempt)
        raise StoreUnavailableError(f"{_OTHERS_CAME}; {why}")

    def take(self, adds: Mapping[str, int], sets: Item, computed_from: CampaignState) -> CampaignState | None:
        """Adds to counters; the state with the numbers that were taken, or None if another change came between."""
        answer = self._write_from(computed_from, sets, adds)
        return self._remember(answer.item) if answer.won and answer.item is not None else None

    def change(self, compute: Callable[[CampaignState, datetime], Item]) -> bool:
        """Writes what `compute` makes of the present state (nothing, if it makes nothing), until no other change came
        between; whether it wrote.
        """
        for attempt in range(_TRIES):
            state = self.state()
            changes = compute(state, self._clock())
            if not changes or self._write_from(state, {**changes, "revision": state.revision + 1}).won:
                return bool(changes)
            _give_way(attempt)
        raise StoreUnavailableError(_OTHERS_CAME)

    def write(self, sets: Item, *arms: tuple[Term, ...], adds: Mapping[str, int] | None = None) -> Answer:
        """What others compute nothing from: without a new revision, on conditions of its own."""
        return self._store.write(Write(KEY, arms, sets, adds or {}))

    def _write_from(self, state: CampaignState, sets: Item, adds: Mapping[str, int] | None = None) -> Answer:
        return self.write(sets, (Term("revision", "equals", state.revision),), adds=adds)

    def _remember(self, item: Item) -> CampaignState:
        state = campaign_state(item)
        self._remembered = (self._clock(), state)
        return state


def _give_way(attempt: int) -> None:
    """With full jitter: the others have just lost as well."""
    time.sleep(random.uniform(0, 0.01 * 2 ** min(attempt, 6)))
