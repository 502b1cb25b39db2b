"""status: how the campaign stands."""

from datetime import timedelta

from rich.table import Table

from ops import runs
from ops.desk import Desk
from ops.selection import unfinished
from ops.words import counted, plain, when
from shared.keys import SHARDS
from shared.outbox.outbox import INDEX
from shared.pacing.campaign_state import CampaignState
from shared.pacing.control_item import KEY
from shared.pacing.plan import HORIZON
from shared.pacing.timetable import DAY_US
from shared.periods import Period
from shared.sweeping.intervals import BACK_WITHIN, SWEEP_EVERY
from shared.times import from_micros, to_micros


def status(desk: Desk, period: Period | None) -> int:
    """Campaign, pace, what waits and is held (of one period, or of all), and the producer's runs."""
    desk.say(f"{desk.name}, {when(desk.clock())}")
    table = Table(show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, text in (*_campaign(desk), *_unfinished(desk, period)):
        table.add_row(name, text)
    desk.console.print(table)
    runs.show(desk, period)
    return 0


def _campaign(desk: Desk) -> list[tuple[str, str]]:
    item = desk.control.get(KEY)
    if item is None:
        return [("campaign", "no record yet: nothing has run on this stack")]
    state = desk.campaign.state()
    return [("campaign", _switch(state, item.get("paused_at", ""), desk)), *_pace(state, desk)]


def _switch(state: CampaignState, paused_at: str, desk: Desk) -> str:
    if state.paused is not None:
        return f"PAUSED since {when(paused_at)}: {plain(state.paused)}"
    if state.backs_off_until and desk.clock() < state.backs_off_until:
        return f"waits until {when(state.backs_off_until)}: {plain(state.back_off_reason)}"
    return "running"


def _pace(state: CampaignState, desk: Desk) -> list[tuple[str, str]]:
    pace, now_us = state.pace, to_micros(desk.clock())
    share = pace.share_at(now_us)
    slowed = "" if share == 1 else f" ({share:.0%}: SES refused at {when(from_micros(pace.slowed_at_us))})"
    rows = [("pace", f"{pace.rate * share:,.1f} of {pace.rate:,.1f} mails a second{slowed}")]
    last_day = state.timetable.count(state.issued, now_us - DAY_US, now_us)
    limit = "without limit" if pace.daily is None else f"of {pace.daily:,}"
    rows.append(("in 24 hours", f"{last_day:,} slots {limit}"))
    ahead = state.timetable.count(state.issued, now_us)
    if ahead:
        last_us = state.timetable.slot(state.issued - 1)
        rows.append(("planned", f"{ahead:,} slots, until {when(from_micros(last_us))}"))
    if state.streamed_up_to and desk.clock() - state.streamed_up_to > timedelta(minutes=1):
        rows.append(("last claimed", f"a message that changed at {when(state.streamed_up_to)}"))
    return rows


def _unfinished(desk: Desk, period: Period | None) -> list[tuple[str, str]]:
    of = f" of {period}" if period else ""
    waiting, held = (_count(desk, partition, period) for partition in ("OPEN", "HELD"))
    hint = "; `held` lists them" if held else ""
    facts = [*_why(desk, waiting), *_done_by(desk, waiting)] if waiting and period is None and _begun(desk) else []
    return [("waiting (OPEN)", counted(waiting) + of), *facts, ("held (HELD)", counted(held) + of + hint)]


def _begun(desk: Desk) -> bool:
    return desk.control.get(KEY) is not None


def _why(desk: Desk, waiting: int) -> list[tuple[str, str]]:
    """What those that have no slot wait for."""
    state, now = desk.campaign.state(), desk.clock()
    without_slot = max(0, waiting - state.timetable.count(state.issued, to_micros(now)))
    if state.paused is not None:
        return [("they wait", "until `resume`")]
    if state.halted(now) is not None:
        return [("they wait", f"until {when(state.backs_off_until)}")]
    if state.pace.stands_still:
        return [("they wait", "until the account may send: its quota is 0")]
    if not without_slot:
        return []
    if from_micros(state.timetable.slot(state.issued)) > now + HORIZON:
        reason = f"for one: those of the next {HORIZON.days} days are all taken"
    elif state.halt_to_feed(now) is not None:
        minutes = SWEEP_EVERY.seconds // 60
        reason = f"for the sweeper, which brings them back within {minutes} minutes, as many as the pace takes"
    else:
        minutes = BACK_WITHIN.seconds // 60
        reason = f"for claim; what it does not get the sweeper brings back within {minutes} minutes"
    return [("without a slot", f"{counted(without_slot)}, waiting {reason}")]


def _done_by(desk: Desk, waiting: int) -> list[tuple[str, str]]:
    """When the last of them is sent, at the pace as it is: those that have a slot, and the others after these."""
    state = desk.campaign.state()
    if state.pace.stands_still or state.halted(desk.clock()) is not None:
        return []
    ahead = state.timetable.count(state.issued, to_micros(desk.clock()))
    if not ahead:  # the sweeper brings them to claim first, which plans their slots
        return []
    without_slot = waiting - ahead
    last_us = state.timetable.slot(state.issued + max(0, without_slot) - 1)
    return [("done by", when(max(from_micros(last_us), desk.clock())))]


def _count(desk: Desk, partition: str, period: Period | None) -> int:
    if period is None:
        return sum(desk.messages.count(INDEX, (INDEX, f"{partition}#{shard}")) for shard in range(SHARDS))
    return sum(key.period == str(period) for key in unfinished([partition], desk.messages))
