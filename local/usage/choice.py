"""Which usage data and which month a demo runs on, settled before anything is started."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from local.stack.detached_engine import shown
from local.usage import csv_file, sample
from local.usage.csv_file import UsageFileError
from local.usage.expectation import Expectation, expected, latest_period
from shared.errors import InvalidPeriodError
from shared.periods import Period


class UsageChoiceError(ValueError):
    """There is nothing to run on; the message says what to correct."""


@dataclass(frozen=True)
class UsageChoice:
    """A usage file that was read to its end without fault, and a month in it."""

    path: Path
    period: Period
    expectation: Expectation
    said: str
    """Where both come from, for the reader of the screen."""

    absent: int = 0
    """Users in a given file without an event in the period."""


def choose(usage: str, period: str, users: int, sample: Path) -> UsageChoice:
    """Settle on the file `usage`, or on a sample of `users` users written to `sample`; on `period`, or a likely one.

    Raises UsageChoiceError.
    """
    try:
        wanted = _period(period) if period else None
        if usage:
            return _from_file(Path(usage), wanted)
        return _from_sample(sample, wanted, users)
    except (InvalidPeriodError, UsageFileError) as error:
        raise UsageChoiceError(str(error)) from error


def _period(text: str) -> Period:
    period = Period.parse(text)
    if not 1970 < period.start.year < 9999:
        raise InvalidPeriodError(f"{text!r} is no period that anybody used anything in")
    return period


def _this_month() -> Period:
    return Period(datetime.now(UTC).date().replace(day=1))


def _check_over(period: Period) -> None:
    if period.start >= _this_month().start:
        raise UsageChoiceError(f"{period} is not over: the product produces no month before its end in UTC")


def _from_file(path: Path, wanted: Period | None) -> UsageChoice:
    this_month = _this_month().start
    over = (event for event in csv_file.read(path) if event.used_at.date() < this_month)
    period = wanted or latest_period(over)
    if period is None:
        last = latest_period(csv_file.read(path))
        only = f"only events of {last}, which is not over" if last else "no usage event, only a header"
        raise UsageChoiceError(f"{path}: has {only}")
    _check_over(period)
    expectation = expected(csv_file.read(path), period)
    if not expectation.users:
        last = latest_period(csv_file.read(path))
        raise UsageChoiceError(f"{path}: has no usage event in {period}; its latest are in {last or 'no month'}")
    which = "" if wanted else ", the latest month in it that is over (PERIOD=YYYY-MM chooses another)"
    return UsageChoice(path, period, expectation, f"{shown(path)}, {period}{which}", expectation.absent)


def _from_sample(path: Path, wanted: Period | None, users: int) -> UsageChoice:
    if users < 1:
        raise UsageChoiceError(f"USERS={users}: at least 1 user is needed")
    period = wanted or _this_month().previous
    _check_over(period)
    path.parent.mkdir(parents=True, exist_ok=True)
    sample.write(path, period.start, users)
    expectation = expected(csv_file.read(path), period)
    return UsageChoice(path, period, expectation, f"{users:,} invented users, {period} ({shown(path)})")
