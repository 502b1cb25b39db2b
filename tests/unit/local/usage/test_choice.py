"""Which month a demo runs on: one that is over."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.usage.choice import UsageChoiceError, choose
from shared.periods import Period

THIS = Period(datetime.now(UTC).date().replace(day=1))
HEAD = "user_id,email,device_id,used_at,minutes\n"


def usage(tmp_path: Path, *months: Period) -> str:
    """An export with an event on the first of each month."""
    lines = [f"ann,ann@example.com,d-1,{month}-01T08:00:00Z,5\n" for month in months]
    path = tmp_path / "usage.csv"
    path.write_text(HEAD + "".join(lines))
    return str(path)


def test_the_latest_month_that_is_over(tmp_path: Path) -> None:
    """An export holds the month that is running, too."""
    chosen = choose(usage(tmp_path, THIS.previous.previous, THIS.previous, THIS), "", 1, tmp_path / "sample.csv")
    assert chosen.period == THIS.previous
    assert "the latest month in it that is over" in chosen.said


def test_users_without_an_event_in_the_month_are_counted(tmp_path: Path) -> None:
    path = usage(tmp_path, THIS.previous)
    with Path(path).open("a") as more:
        for user in ("bob", "eve", "bob"):
            more.write(f"{user},{user}@example.com,d-1,{THIS.previous.previous}-01T08:00:00Z,5\n")
    chosen = choose(path, "", 1, tmp_path / "sample.csv")
    assert (chosen.absent, chosen.expectation.users) == (2, 1)
    assert choose("", "", 70, tmp_path / "sample.csv").absent == 0, "invented data is nobody's worry"


@pytest.mark.parametrize(
    ("months", "period", "says"),
    [
        ((THIS.previous, THIS), str(THIS), f"{THIS} is not over"),
        ((THIS,), "", f"only events of {THIS}, which is not over"),
        ((), "", "only a header"),
        ((THIS.previous,), str(THIS.previous.previous), f"its latest are in {THIS.previous}"),
    ],
)
def test_nothing_to_run_on(tmp_path: Path, months: tuple[Period, ...], period: str, says: str) -> None:
    with pytest.raises(UsageChoiceError, match=says):
        choose(usage(tmp_path, *months), period, 1, tmp_path / "sample.csv")


def test_a_sample_of_a_month_that_is_not_over(tmp_path: Path) -> None:
    with pytest.raises(UsageChoiceError, match=f"{THIS} is not over"):
        choose("", str(THIS), 3, tmp_path / "sample.csv")
    assert choose("", "", 3, tmp_path / "sample.csv").period == THIS.previous
