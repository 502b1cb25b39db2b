"""The sample: the same every time, and good input."""

from datetime import date
from pathlib import Path

from local.usage import csv_file, sample
from shared.keys import Key

MONTH = date(2026, 10, 1)


def users_of(path: Path, month: int) -> set[str]:
    return {event.user_id for event in csv_file.read(path) if event.used_at.month == month}


def test_as_many_users_as_asked_for_have_usage_in_the_month(tmp_path: Path) -> None:
    path = tmp_path / "sample.csv"
    count = sample.write(path, MONTH, 300)
    assert count == sum(1 for _ in csv_file.read(path))
    now, before = users_of(path, 10), users_of(path, 9)
    assert len(now) == 300
    assert now - before, "somebody is new"
    assert before - now, "somebody has left"
    assert all(event.used_at.year == 2026 and event.used_at.month in (9, 10) for event in csv_file.read(path))


def test_it_is_the_same_every_time() -> None:
    assert list(sample.rows(MONTH, 50)) == list(sample.rows(MONTH, 50))


def test_a_january_has_a_december_before_it(tmp_path: Path) -> None:
    path = tmp_path / "sample.csv"
    sample.write(path, date(2027, 1, 1), 30)
    assert {f"{event.used_at:%Y-%m}" for event in csv_file.read(path)} == {"2026-12", "2027-01"}


def test_every_user_can_be_written_to(tmp_path: Path) -> None:
    path = tmp_path / "sample.csv"
    sample.write(path, MONTH, 40)
    users = users_of(path, 10)
    assert users.issuperset(sample.ADVENTUROUS_USER_IDS)
    for user_id in users:
        Key.of(user_id, "2026-10")
