"""When a recurring schedule is due, to the microsecond (source: EventBridge Scheduler user guide, "Schedule types",
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html).

All reckoning is in whole microseconds or in wall time: a float of seconds since 1970 holds no more than a quarter of a
microsecond, so that a time that was rounded can lie before the one it was counted from, for ever.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

EPOCH = datetime.fromtimestamp(0, UTC)
_MICROSECOND = timedelta(microseconds=1)

NextWallTime = Callable[[datetime], datetime | None]
"""The first time after the given one that a cron expression names, in the same zone and by the clock on its wall."""


def next_of_rate(start_s: float, every_s: int, after: datetime) -> datetime:
    """The first occurrence after `after`, later than it: at the start, and then once for each whole `every_s`."""
    every = timedelta(seconds=every_s)
    start = EPOCH + timedelta(microseconds=round(start_s * 1_000_000))
    return start + max(0, (after - start) // every + 1) * every


def next_of_cron(next_wall_time: NextWallTime, zone: ZoneInfo, after: datetime) -> datetime | None:
    """The first occurrence after `after`, later than it, or None.

    A wall time that a change of the clocks leaves out is skipped, and one that it repeats occurs once, the first time.
    """
    wall = after.astimezone(zone)
    while (due := next_wall_time(wall)) is not None:
        instant = due.astimezone(UTC)
        if instant > after and instant.astimezone(zone).replace(tzinfo=None) == due.replace(tzinfo=None):
            return instant
        wall = due
    return None
