"""EventBridge Scheduler fires in the schedule's own time zone and tells the target for which time.

AWS (EventBridge Scheduler user guide, "Schedule types" and "Adding context attributes"): at() and cron() are local
times of ScheduleExpressionTimezone; a rate() begins at its StartDate, and without one at once; in the target's Input,
<aws.scheduler.scheduled-time>, <aws.scheduler.schedule-arn>, <aws.scheduler.execution-id> and
<aws.scheduler.attempt-number> are replaced.

MiniStack takes every time as UTC, begins a rate() a period after its creation, leaves the attributes as they are, and
looks only every 10 s.

What was due while the engine did not run, or its machine slept, is not made up for.
"""

import logging
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from ministack.core.responses import new_uuid, request_scope
from ministack.services import eventbridge, scheduler

from local.engine.mending import replace
from local.engine.occurrences import next_of_cron, next_of_rate

logger = logging.getLogger("scheduler")
Schedule = dict[str, Any]
TICK_S = 1
MADE_UP_FOR = timedelta(minutes=1)


def next_occurrence(schedule: Schedule, after: datetime) -> datetime | None:
    """The first time after `after` at which the schedule is due, or None."""
    expression = schedule["ScheduleExpression"]
    zone = ZoneInfo(schedule.get("ScheduleExpressionTimezone") or "UTC")
    if expression.startswith("at("):
        due = datetime.fromisoformat(expression[3:-1]).replace(tzinfo=zone)
        return due if due > after else None
    every_s = eventbridge._parse_rate_seconds(expression)
    if every_s is not None:
        return next_of_rate(scheduler._to_epoch(schedule.get("StartDate")) or schedule["CreationDate"], every_s, after)
    fields = eventbridge._parse_cron_fields(expression)
    return next_of_cron(partial(eventbridge._cron_next_fire, fields), zone, after) if fields else None


def fire(schedule: Schedule, due: datetime) -> None:
    """Send the target its input, in which the context attributes have been replaced."""
    arn = schedule["Arn"]
    attributes = {
        "<aws.scheduler.scheduled-time>": due.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "<aws.scheduler.schedule-arn>": arn,
        "<aws.scheduler.execution-id>": new_uuid().replace("-", "")[:16],
        "<aws.scheduler.attempt-number>": "1",
    }
    target = dict(schedule["Target"])
    for attribute, value in attributes.items():
        if "Input" in target:
            target["Input"] = target["Input"].replace(attribute, value)
    event = {
        "EventId": new_uuid(),
        "Source": "aws.scheduler",
        "DetailType": "Scheduled Event",
        "Detail": "{}",
        "Time": due.timestamp(),
        "Resources": [arn],
        "Account": arn.split(":")[4],
        "Region": arn.split(":")[3],
    }
    eventbridge._invoke_target(target, event, schedule)


def active(schedule: Schedule, due: datetime) -> bool:
    """Whether the schedule is enabled and holds at that time."""
    start, end = scheduler._to_epoch(schedule.get("StartDate")), scheduler._to_epoch(schedule.get("EndDate"))
    at = due.timestamp()
    return schedule.get("State") == "ENABLED" and (start is None or at >= start) and (end is None or at <= end)


class Ticker:
    """Fires what became due since it last looked."""

    def __init__(self) -> None:
        self._looked_at = datetime.now(UTC)

    def tick(self) -> None:
        """Look once."""
        now = datetime.now(UTC)
        since, self._looked_at = max(self._looked_at, now - MADE_UP_FOR), max(self._looked_at, now)
        for (account, region, key), schedule in list(scheduler._schedules._data.items()):
            try:
                with request_scope(account, region):
                    self._fire_due(schedule, since, now)
            except Exception:
                logger.exception("Schedule %s could not be fired", key)
            once = schedule["ScheduleExpression"].startswith("at(") and next_occurrence(schedule, now) is None
            if once and schedule.get("ActionAfterCompletion") == "DELETE":
                scheduler._schedules.pop_scoped(account, region, key, None)

    def _fire_due(self, schedule: Schedule, since: datetime, now: datetime) -> None:
        # A schedule made since the last look may have been due before it was there.
        since = max(since, datetime.fromtimestamp(schedule["CreationDate"], UTC) - timedelta(seconds=TICK_S))
        while (due := next_occurrence(schedule, since)) and due <= now:
            if active(schedule, due):
                fire(schedule, due)
            since = due


def mend() -> None:
    """Replace the look at the schedules."""
    replace(scheduler, "_tick_schedules", Ticker().tick)
    replace(scheduler, "_SCHEDULE_TICK_INTERVAL", TICK_S)
