"""status: how the campaign stands."""

from datetime import timedelta

from rich.table import Table

from ops import runs
from ops.formatting import counted, minutes, plain, when
from ops.selection import unfinished
from ops.session import FOREIGN, Session
from shared.keys import SHARDS
from shared.outbox.outbox import INDEX
from shared.outbox.table_pin import Standing
from shared.pacing.campaign_state import CampaignState
from shared.pacing.control_item import KEY
from shared.pacing.plan import HORIZON
from shared.pacing.timetable import DAY_US
from shared.periods import Period
from shared.sweeping.intervals import back_within
from shared.times import from_micros, to_micros


def status(session: Session, period: Period | None) -> int:
    """Campaign, pace, what waits and is held (of one period, or of all), and the producer's runs."""
    session.say(f"{session.name}, {when(session.clock())}")
    table = Table(show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, text in (*_table(session), *_campaign(session), *_unfinished(session, period)):
        table.add_row(name, text)
    session.console.print(table)
    runs.show(session, period)
    return 0


def _table(session: Session) -> list[tuple[str, str]]:
    return [("outbox", FOREIGN)] if session.pin.look().standing is Standing.FOREIGN else []


def _campaign(session: Session) -> list[tuple[str, str]]:
    item = session.control.get(KEY)
    if item is None:
        return [("campaign", "no record yet: nothing has run on this stack")]
    state = session.campaign.state()
    return [("campaign", _switch(state, item.get("paused_at", ""), session)), *_pace(state, session)]


def _switch(state: CampaignState, paused_at: str, session: Session) -> str:
    if state.paused is not None:
        return f"PAUSED since {when(paused_at)}: {plain(state.paused)}"
    if state.backs_off_until and session.clock() < state.backs_off_until:
        return f"waits until {when(state.backs_off_until)}: {plain(state.back_off_reason)}"
    return "running"


def _pace(state: CampaignState, session: Session) -> list[tuple[str, str]]:
    pace, now_us = state.pace, to_micros(session.clock())
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
    if state.streamed_up_to and session.clock() - state.streamed_up_to > timedelta(minutes=1):
        rows.append(("last claimed", f"a message that changed at {when(state.streamed_up_to)}"))
    return rows


def _unfinished(session: Session, period: Period | None) -> list[tuple[str, str]]:
    of = f" of {period}" if period else ""
    waiting, held = (_count(session, partition, period) for partition in ("OPEN", "HELD"))
    hint = "; `held` lists them" if held else ""
    facts = (
        [*_why(session, waiting), *_done_by(session, waiting)] if waiting and period is None and _begun(session) else []
    )
    return [("waiting (OPEN)", counted(waiting) + of), *facts, ("held (HELD)", counted(held) + of + hint)]


def _begun(session: Session) -> bool:
    return session.control.get(KEY) is not None


def _why(session: Session, waiting: int) -> list[tuple[str, str]]:
    """What those that have no slot wait for."""
    state, now = session.campaign.state(), session.clock()
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
        within = minutes(session.stage.sweep_every)
        reason = f"for the sweeper, which brings them back within {within}, as many as the pace takes"
    else:
        within = minutes(back_within(session.stage.sweep_every))
        reason = f"for claim; what it does not get the sweeper brings back within {within}"
    return [("without a slot", f"{counted(without_slot)}, waiting {reason}")]


def _done_by(session: Session, waiting: int) -> list[tuple[str, str]]:
    """When the last of them is sent, at the pace as it is: those that have a slot, and the others after these."""
    state = session.campaign.state()
    if state.pace.stands_still or state.halted(session.clock()) is not None:
        return []
    ahead = state.timetable.count(state.issued, to_micros(session.clock()))
    if not ahead:  # the sweeper brings them to claim first, which plans their slots
        return []
    without_slot = waiting - ahead
    last_us = state.timetable.slot(state.issued + max(0, without_slot) - 1)
    return [("done by", when(max(from_micros(last_us), session.clock())))]


def _count(session: Session, partition: str, period: Period | None) -> int:
    if period is None:
        return sum(session.messages.count(INDEX, (INDEX, f"{partition}#{shard}")) for shard in range(SHARDS))
    return sum(key.period == str(period) for key in unfinished([partition], session.messages))
