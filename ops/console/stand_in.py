"""A look at the month until ops.month.look is there: reads the whole table."""

from collections import Counter
from typing import Any

from ops.errors import UnreadableError
from ops.month.view import CampaignView, Counts, HeldGroup, MonthView, Ringing, RunView, Waiting
from ops.session import Session
from ops.snapshot import snapshot_of
from shared.keys import Key
from shared.outbox.states import HELD, WAITING, Status
from shared.pacing.control_item import KEY
from shared.pacing.timetable import DAY_US
from shared.periods import Period
from shared.producing.run import readable
from shared.times import from_micros, from_text, to_micros


def latest_period(session: Session) -> Period:
    return Period(session.clock().date().replace(day=1)).previous


def look(session: Session, period: Period) -> MonthView:
    items, after = [], None
    while True:
        page = session.messages.scan(after)
        items += [item for item in page.items if item.get("period") == str(period)]
        if (after := page.next) is None:
            break
    statuses = Counter(Status(item["status"]) for item in items)
    waiting = sum(statuses.pop(status, 0) for status in WAITING)
    held = Counter(
        (Status(item["status"]), snapshot_of(Key(item["user_id"], item["period"]), item).reason())
        for item in items
        if item["status"] in HELD
    )
    state, now = session.campaign.begun(), session.clock()
    run = session.runs.get(period)
    campaign = None
    why, done_by = "", None
    if state:
        item = session.control.get(KEY) or {}
        ahead = state.timetable.count(state.issued, to_micros(now))
        until = from_micros(state.timetable.slot(state.issued - 1)) if ahead else None
        switch = "paused" if state.paused is not None else "running"
        campaign = CampaignView(
            switch,
            state.paused or "",
            from_text(item["paused_at"]) if item.get("paused_at") else None,
            None,
            state.pace.rate * state.pace.share_at(to_micros(now)),
            state.pace.rate,
            None,
            state.pace.daily,
            state.timetable.count(state.issued, to_micros(now) - DAY_US, to_micros(now)),
            ahead,
            until,
            0,
            None,
        )
        if waiting:
            why = "the campaign is paused: until `resume`" if state.paused is not None else ""
            done_by = until if state.paused is None else None
    unread = {}
    alarms = []
    try:
        answer = session.read("cloudwatch", "describe_alarms", AlarmNamePrefix=session.stage.name)
        alarms = [
            Ringing(
                one["AlarmName"], one["StateValue"], one.get("StateUpdatedTimestamp"), one.get("AlarmDescription", "")
            )
            for one in answer["MetricAlarms"]
        ]
    except UnreadableError as error:
        unread["alarms"] = str(error)
    return MonthView(
        session.stage.name,
        period,
        now,
        _run(run),
        Counts(len(items), waiting, statuses),
        campaign,
        Waiting(0, why, done_by),
        [HeldGroup(status, reason, number, "") for (status, reason), number in held.items()],
        sum(held.values()),
        alarms,
        None,
        False,
        unread,
    )


def _run(run: dict[str, Any] | None) -> RunView | None:
    if not run or not readable(run):
        return None
    return RunView(
        run["state"],
        "",
        run.get("stopped_for", {}),
        run.get("produced", 0),
        run.get("rejected", 0),
        0,
        from_text(run["started_at"]),
        from_text(run["noted_at"]),
        0,
    )
