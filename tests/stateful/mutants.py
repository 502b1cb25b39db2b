"""Broken variants of the protocol, made mechanically from its table, and a few made by hand. The proofs must catch every one."""

import contextlib
import dataclasses
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from handlers import send
from shared.aws.ses import Ses
from shared.errors import LeaseLostError, SendUnavailableError, SendUncertainError, StoreUnavailableError
from shared.outbox import outbox
from shared.outbox.message import from_item
from shared.outbox.states import Status
from shared.outbox.transitions import POSTPONE, TRANSITIONS, Transition
from shared.outbox.writes import Known, write_of
from shared.pacing import campaign, lateness
from shared.pacing.campaign_state import CampaignState
from shared.pacing.timetable import NEVER_US, Timetable
from shared.sending import slots
from shared.sending.grouping import Grouping
from shared.store import Answer, Write
from shared.sweeping.intervals import STRANDED_AFTER
from shared.sweeping.remedies import Remedy, Standing, remedy_for
from shared.times import to_micros, utc_now

Patch = Callable[[pytest.MonkeyPatch], None]
WriteChange = Callable[[Write], Write]


@dataclass(frozen=True)
class Mutant:
    """One broken variant: what is broken, and how to break it."""

    name: str
    patch: Patch


HARMLESS = {
    "the sweeper's own look at a lease is left out": "the write has a condition on the lease of its own, and that one is tried",
    "send does not look at the status before begin_send": "begin_send has the condition; the look saves a write",
}
"""Variants that cannot matter, with the reason; they are left out of the count."""


def all_mutants() -> list[Mutant]:
    return [*_dropped_terms(), *_targets(), *_fences(), *_attempts(), *_by_hand()]


def _dropped_terms() -> Iterator[Mutant]:
    """Each condition term of each generated write, dropped."""
    for transition in TRANSITIONS:
        whole = write_of(transition, {"period": ""}, 0, utc_now(), "", Known(fence=1, token="token", cap=1), {})
        for arm in whole.arms:
            sources = arm[0].value
            for term in arm:
                name = f"{transition.name}: from {', '.join(sources)} without {term.attribute}"
                yield Mutant(name, _change_write(transition, partial(_without, sources, term.attribute)))


def _without(sources: tuple[str, ...], attribute: str, write: Write) -> Write:
    arms = (
        tuple(term for term in arm if term.attribute != attribute) if arm[0].value == sources else arm
        for arm in write.arms
    )
    return dataclasses.replace(write, arms=tuple(arms))


def _targets() -> Iterator[Mutant]:
    """Each transition's target changed to PENDING."""
    for transition in TRANSITIONS:
        if transition.to not in (None, Status.PENDING):
            yield Mutant(f"{transition.name}: to PENDING", _change_write(transition, _to_pending))


def _to_pending(write: Write) -> Write:
    return dataclasses.replace(write, sets={**write.sets, "status": Status.PENDING.value})


def _fences() -> Iterator[Mutant]:
    """Each taking of the fence left out."""
    for transition in TRANSITIONS:
        if transition.takes_fence:
            yield Mutant(f"{transition.name}: takes no fence", _change_write(transition, _without_fence))


def _without_fence(write: Write) -> Write:
    return dataclasses.replace(write, adds={name: by for name, by in write.adds.items() if name != "fence"})


def _attempts() -> Iterator[Mutant]:
    for transition in TRANSITIONS:
        if transition.attempt and transition.attempt > 0:
            yield Mutant(f"{transition.name}: counts no attempt", _change_write(transition, _without_attempt))


def _without_attempt(write: Write) -> Write:
    return dataclasses.replace(write, adds={name: by for name, by in write.adds.items() if name != "attempt"})


def _change_write(transition: Transition, change: WriteChange) -> Patch:
    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        def changed(wanted: Transition, *rest: Any, **more: Any) -> Write:
            write = write_of(wanted, *rest, **more)
            return change(write) if wanted is transition else write

        monkeypatch.setattr(outbox, "write_of", changed)

    return patch


def _by_hand() -> Iterator[Mutant]:
    yield Mutant("every send has the same token", _same_token)
    yield Mutant("a won write is never recognised", _recognise(lambda _item, _id: False))
    yield Mutant("every lost write is taken for won", _recognise(lambda _item, _id: True))
    yield Mutant("a lost answer is taken for a refusal", _forgetful_send)
    yield Mutant("SES is asked before begin_send", _ask_first)
    yield Mutant("SES is asked twice when the answer is lost", _ask_again)
    yield Mutant("a lost begin_send is ignored", _ignore_lost_begin_send)
    yield Mutant("a redelivered record never finds its own claim", _forget_owner)
    yield Mutant("all slots are now", _all_slots_now)
    yield Mutant("the campaign is looked at once and never again", _look_once)
    yield Mutant("late is never counted", lambda mp: mp.setattr(lateness, "too_late", lambda *_: False))
    yield Mutant("a batch catches up in a burst", _catch_up_in_a_burst)
    yield Mutant("all late ones pass at once", lambda mp: mp.setattr(lateness, "lane_interval_us", lambda *_: 0))
    yield Mutant(
        "everybody late never moves the timetable", lambda mp: mp.setattr(lateness, "crowd", lambda _: 1 << 30)
    )
    yield Mutant("the earliest slots of a batch lie side by side", _side_by_side)
    yield Mutant("a refusal slows nobody down", lambda mp: mp.setattr(campaign.Campaign, "slow_down", lambda *_: None))
    yield Mutant("the sweeper nudges nothing", lambda mp: mp.setattr(outbox.Outbox, "nudge", lambda *_: None))
    yield Mutant("resume brings nothing back", lambda mp: mp.setattr(Standing, "left_by_halt", lambda *_: False))
    yield Mutant("an old mark of the stream counts as behind", _never_probe)
    yield Mutant("the sweeper expires no claim", lambda mp: mp.setattr(outbox.Outbox, "expire_claim", lambda *_: None))
    yield Mutant("the sweeper expires no send", lambda mp: mp.setattr(outbox.Outbox, "expire_send", lambda *_: None))
    yield Mutant("a lost answer is left to the sweeper", _leave_to_the_sweeper)
    yield Mutant("that an answer was lost is written once and not again", _mark_once)
    yield Mutant("feedback confirms nothing", lambda mp: mp.setattr(outbox.Outbox, "confirm", lambda *_: None))
    yield Mutant("feedback takes an ask that is held for known", _known_where_held)


def _known_where_held(mp: pytest.MonkeyPatch) -> None:
    """Its read does not look whether SES's answer was told, only whether SES was asked."""
    mp.setattr(outbox, "_BEYOND_SENT", (*outbox._BEYOND_SENT, Status.UNCERTAIN))


def _never_probe(mp: pytest.MonkeyPatch) -> None:
    """As long as the stream was last seen before a message, the message is left to it."""

    def without(message: Any, now: datetime, *rest: Any) -> Remedy | None:
        remedy = remedy_for(message, now, *rest)
        return Remedy(POSTPONE, now + STRANDED_AFTER) if remedy and remedy.probes else remedy

    mp.setattr("shared.sweeping.sweep.remedy_for", without)


def _same_token(mp: pytest.MonkeyPatch) -> None:
    mp.setattr("handlers.send.secrets", SimpleNamespace(token_hex=lambda _: "token"))


def _recognise(recognised: Callable[[Any, str], bool]) -> Patch:
    def patch(mp: pytest.MonkeyPatch) -> None:
        def apply(self: Any, transition: Transition, key: Any, known: Any, sets: Any, own_id: str = "") -> Any:
            write_id = own_id or secrets.token_hex(8)
            write = write_of(transition, key._asdict(), key.shard, self._clock(), write_id, known, sets)
            answer: Answer = self._store.write(write)
            if answer.item is not None and (answer.won or recognised(answer.item, write_id)):
                return from_item(answer.item)
            raise LeaseLostError(transition.name, key, answer.item)

        mp.setattr(outbox.Outbox, "_apply", apply)

    return patch


def _forgetful_send(mp: pytest.MonkeyPatch) -> None:
    """The classic: a time-out is treated as a failure to be retried."""
    ask = Ses.send

    def asks(self: Any, request: Any) -> str:
        try:
            return ask(self, request)
        except SendUncertainError as error:
            raise SendUnavailableError(str(error)) from error

    mp.setattr(Ses, "send", asks)


def _ask_again(mp: pytest.MonkeyPatch) -> None:
    """The SDK's retries left on."""
    ask = Ses.send

    def asks(self: Any, request: Any) -> str:
        try:
            return ask(self, request)
        except SendUncertainError:
            return ask(self, request)

    mp.setattr(Ses, "send", asks)


def _leave_to_the_sweeper(mp: pytest.MonkeyPatch) -> None:
    mp.setattr(outbox.Outbox, "mark_uncertain", lambda *_: None)


def _mark_once(mp: pytest.MonkeyPatch) -> None:
    """A store that is unavailable for a moment hides what the asker knows."""
    mark = outbox.Outbox.mark_uncertain

    def marks(*given: Any) -> None:
        with contextlib.suppress(StoreUnavailableError):
            mark(*given)

    mp.setattr(outbox.Outbox, "mark_uncertain", marks)


def _ask_first(mp: pytest.MonkeyPatch) -> None:
    """Send and then write, as most systems do."""
    begin, ask = outbox.Outbox.begin_send, Ses.send
    pending: dict[str, Any] = {}

    def begins(self: Any, key: Any, fence: int, token: str, lease: Any) -> None:
        pending["begin"] = lambda: begin(self, key, fence, token, lease)

    def asks(self: Any, request: Any) -> str:
        ses_message_id = ask(self, request)
        pending.pop("begin")()
        return ses_message_id

    mp.setattr(outbox.Outbox, "begin_send", begins)
    mp.setattr(Ses, "send", asks)


def _ignore_lost_begin_send(mp: pytest.MonkeyPatch) -> None:
    begin = outbox.Outbox.begin_send

    def begins(*given: Any) -> None:
        try:
            begin(*given)
        except LeaseLostError:
            return

    mp.setattr(outbox.Outbox, "begin_send", begins)


def _all_slots_now(mp: pytest.MonkeyPatch) -> None:
    """Everything is started at once and left to its retries."""
    mp.setattr(Timetable, "slot", lambda *_: 0)
    mp.setattr(lateness, "too_late", lambda *_: False)
    mp.setattr(send, "ASK_WITHIN_US", NEVER_US)


def _catch_up_in_a_burst(mp: pytest.MonkeyPatch) -> None:
    """A send that has its first slot asks for the rest of its order as well."""
    place = slots.Slots.place
    woken: list[int] = []

    def send_all(order: Any, *rest: Any) -> Any:
        woken.clear()
        return whole(order, *rest)

    def places(self: Any, claim: Any) -> lateness.Place:
        if woken:
            return lateness.Place(to_micros(self.clock()), own=True)
        woken.append(claim.ticket)
        return place(self, claim)

    whole = send.send
    mp.setattr(send, "send", send_all)
    mp.setattr(slots.Slots, "place", places)


def _side_by_side(mp: pytest.MonkeyPatch) -> None:
    """A group takes claims that follow on each other, a second's worth."""

    def of(rate: float, messages: int, wanted: int) -> Grouping:
        return Grouping(1, 1) if wanted == 1 else Grouping(max(1, min(wanted or messages, int(rate), messages)), 1)

    mp.setattr(Grouping, "of", of)


def _look_once(mp: pytest.MonkeyPatch) -> None:
    """A send that has a slot asks at it, whatever has changed since it was planned."""
    seen: dict[int, CampaignState] = {}

    def first_seen(self: Any) -> CampaignState:
        return seen.setdefault(id(self._item._store), self.state())

    mp.setattr(campaign.Campaign, "recent_state", first_seen)


def _forget_owner(mp: pytest.MonkeyPatch) -> None:
    claim = outbox.Outbox.claim

    def claims(self: Any, key: Any, _owner: str, *rest: Any) -> Any:
        return claim(self, key, secrets.token_hex(4), *rest)

    mp.setattr(outbox.Outbox, "claim", claims)
