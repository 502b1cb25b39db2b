"""How the stage sends, and what the waiting messages wait for."""

from datetime import datetime, timedelta

from ops.formatting import minutes, plain, when
from ops.month.view import CampaignView, Waiting
from ops.session import Session
from shared.pacing.campaign_state import CampaignState, campaign_state
from shared.pacing.control_item import KEY
from shared.pacing.plan import HORIZON
from shared.pacing.timetable import DAY_US
from shared.store import Item
from shared.sweeping.intervals import back_within
from shared.times import from_micros, from_text, to_micros

SILENT = timedelta(minutes=1)
RUNNING, PAUSED, BACKING_OFF, STANDING_STILL = "running", "paused", "backing off", "standing still"


def campaign_view(item: Item, now: datetime, rate_now: float | None) -> CampaignView:
    """Of the control item."""
    state, now_us = campaign_state(item), to_micros(now)
    pace, ahead = state.pace, state.timetable.count(state.issued, now_us)
    share = pace.share_at(now_us)
    switch, reason = _switch(state, now)
    return CampaignView(
        switch=switch,
        reason=plain(reason),
        since=from_text(item["paused_at"]) if switch == PAUSED and item.get("paused_at") else None,
        until=state.backs_off_until if switch == BACKING_OFF else None,
        rate=pace.rate * share,
        full_rate=pace.rate,
        slowed_at=None if share == 1 else from_micros(pace.slowed_at_us),
        daily=pace.daily,
        slots_in_24_hours=state.timetable.count(state.issued, now_us - DAY_US, now_us),
        slots_ahead=ahead,
        planned_until=from_micros(state.timetable.slot(state.issued - 1)) if ahead else None,
        late_ms=state.wake_late_us // 1000,
        rate_now=rate_now,
        claimed_up_to=streamed if (streamed := state.streamed_up_to) and now - streamed > SILENT else None,
    )


def _switch(state: CampaignState, now: datetime) -> tuple[str, str]:
    if state.paused is not None:
        return PAUSED, state.paused
    if state.halted(now) is not None:
        return BACKING_OFF, state.back_off_reason
    return (STANDING_STILL, "the account's quota is 0") if state.pace.stands_still else (RUNNING, "")


def waiting_for(session: Session, waiting: int) -> Waiting:
    """What so many messages, those of all months, wait for, and until when."""
    item, now = session.control.get(KEY), session.clock()
    if not waiting or item is None:
        return Waiting(0, "" if item else "the sweeper begins the campaign within minutes", None, waiting)
    state = campaign_state(item)
    ahead = state.timetable.count(state.issued, to_micros(now))
    without_slot = max(0, waiting - ahead)
    stands = _stands(state, now)
    if stands:
        return Waiting(without_slot, stands, None, waiting)
    why = _without_slot(session, state, now) if without_slot else ""
    return Waiting(without_slot, why, _done_by(state, without_slot, ahead, now), waiting)


def _stands(state: CampaignState, now: datetime) -> str:
    """Why none of them moves; "": they do."""
    if state.paused is not None:
        return "until `resume`"
    if state.halted(now) is not None and state.backs_off_until is not None:
        return f"until {when(state.backs_off_until)}"
    return "until the account may send: its quota is 0" if state.pace.stands_still else ""


def _without_slot(session: Session, state: CampaignState, now: datetime) -> str:
    if from_micros(state.timetable.slot(state.issued)) > now + HORIZON:
        return f"for a slot: those of the next {HORIZON.days} days are all taken"
    if state.halt_to_feed(now) is not None:
        within = minutes(session.stage.sweep_every)
        return f"for the sweeper, which brings them back within {within}, as many as the pace takes"
    within = minutes(back_within(session.stage.sweep_every))
    return f"for claim, or for a send that is late; what neither takes the sweeper brings back within {within}"


def _done_by(state: CampaignState, without_slot: int, ahead: int, now: datetime) -> datetime | None:
    """When the last is sent at the pace as it is: those that have a slot, and the others after these."""
    if not ahead:  # the sweeper brings them to claim first, which plans their slots
        return None
    last_us = state.timetable.slot(state.issued + max(0, without_slot) - 1)
    return max(from_micros(last_us), now)
