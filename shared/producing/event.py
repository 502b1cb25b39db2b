"""What the producer is started with: by the schedule, by itself, by the sweeper, by an operator."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.errors import InvalidEventError, InvalidPeriodError
from shared.periods import Period
from shared.times import from_text

_QUERY_ID = re.compile(r"[\w-]{0,128}")


@dataclass(frozen=True)
class ProducerEvent:
    """A period, and the decision of an operator who has seen what its query found, if there is one."""

    period: Period
    by: str | None
    """The name of the operator; None: it was not given."""
    attempt: int | None
    """The query that the decision is about; None: nothing is decided."""
    accept: tuple[str, ...]
    """Words of the findings that the run shall not stop for."""
    again: bool
    """Whether Athena shall be asked anew."""
    result: str = ""
    """The query whose stored result the operator has looked at and hands in; "": the run asks Athena itself."""

    @classmethod
    def of(cls, event: Mapping[str, Any], time_zone: str, now: datetime) -> "ProducerEvent":
        """The event, checked. `time_zone`: of the schedule. Raises InvalidEventError; InvalidPeriodError, also for a month
        that is not over: what is produced of it would be all that its mails ever say.
        """
        period = _period(event, time_zone)
        if now < period.ends_at:
            raise InvalidPeriodError(
                f"{period} is not over: the query's months are UTC's, and this one ends at {period.ends_at}"
            )
        attempt, accept, again = event.get("attempt"), event.get("accept", []), event.get("again", False)
        if not isinstance(accept, list) or not all(isinstance(word, str) for word in accept):
            raise InvalidEventError(f'"accept" is a list of words, for example ["fewer"], not {str(accept)[:80]!r}')
        if type(again) is not bool:
            raise InvalidEventError(f'"again" is true or false, not {str(again)[:80]!r}')
        if type(attempt) is not int and (attempt is not None or accept or again):
            raise InvalidEventError('"accept" and "again" need "attempt", the number of the query that you have seen')
        if accept and again:
            raise InvalidEventError('"again" asks anew: what that finds can be accepted once it is known')
        return cls(period, event.get("by"), attempt, tuple(accept), again, _result(event))


def _result(event: Mapping[str, Any]) -> str:
    """The id of the query whose result is handed in; "" for none. Raises InvalidEventError."""
    result = event.get("result", "")
    if not isinstance(result, str) or not _QUERY_ID.fullmatch(result):
        raise InvalidEventError(f'"result" is the id of one of Athena\'s queries, not {str(result)[:80]!r}')
    if "result" in event and not result:
        raise InvalidEventError('"result" is empty: leave it out to have Athena asked')
    if result and not event.get("by"):
        raise InvalidEventError('"result" needs "by": a person has looked at it')
    if result and event.get("attempt") is not None and not event.get("again"):
        raise InvalidEventError('"result" is for a run that begins, or "again": one that has asked keeps its query')
    return result


def _period(event: Mapping[str, Any], time_zone: str) -> Period:
    """The period that the event names, or the month before its scheduled time."""
    if "period" in event:
        return Period.parse(event["period"])
    try:
        scheduled_at = from_text(event["scheduled_time"])
    except (KeyError, TypeError, ValueError) as error:
        wanted = 'the event needs {"period": "YYYY-MM"} or {"scheduled_time": "2026-11-01T06:00:00Z"}'
        raise InvalidPeriodError(f"{wanted}, got {str(event)[:200]}") from error
    return Period.before(scheduled_at, time_zone)
