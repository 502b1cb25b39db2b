"""The shoot-out's schedule is everybody's, its verdict the inbox's, and its tables name who does better than ours."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.contestants import ORDER
from bench.contestants.common import everybody
from bench.contestants.loop_with_log import SentLog
from bench.shootout import people, report, results
from bench.shootout.contestant import DISTURBANCES, Ground
from bench.shootout.contestants import load
from bench.shootout.explained import explained
from bench.shootout.fault import BY_NAME, EVERY_S, FAULTS, STORM_LASTS
from bench.shootout.row import Row
from bench.shootout.witness import verdict

USERS = people.people(4, seed=1)
ROW = Row(
    contestant="ours_batched", fault="none", twice=0, none=0, held=0, ses_calls_per_mail=1.0, drain_ratio=1.02,
    aws_calls_per_mail=9.0, transitions_per_mail=0.2, write_units_per_mail=7.0, gb_seconds_per_mail=0.1,
    dollars_per_million=10.0, after_start_s=4.0, refused=0, mails=500, astray=0, kills=0, killed=0,
    lost_answers=0, producer_starts=1,
    timed_out=False, users=500, rate=25.0, seed=16, commit="abc1234", measured_at="2026-11-28T00:00:00+00:00",
    machine="2 cores", versions="Python 3.11.7",
)  # fmt: skip


def mails(*numbers: int) -> list[dict[str, Any]]:
    return [{"To": [USERS[number].address]} for number in numbers]


def test_who_has_two_mails_is_twice_once() -> None:
    found = verdict(mails(0, 0, 0, 1, 1, 2, 3), USERS, held=())
    assert (found.twice, found.none, found.mails) == (2, 0, 7)


def test_who_has_no_mail_is_none_unless_a_person_is_told() -> None:
    found = verdict(mails(0), USERS, held={USERS[1].user_id})
    assert (found.twice, found.none, found.held) == (0, 2, 1)


def test_who_is_held_and_has_a_mail_is_held() -> None:
    found = verdict(mails(0, 1, 2, 3), USERS, held={USERS[1].user_id})
    assert (found.none, found.held) == (0, 1)


def test_a_mail_to_a_stranger_is_astray() -> None:
    assert verdict([*mails(0), {"To": ["stranger@example.com"]}], USERS, held=()).astray == 1


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault.name))
def test_the_same_seed_gives_the_same_moments(fault: Any) -> None:
    assert fault.moments(20.0, 7) == fault.moments(20.0, 7)


def test_a_storm_kills_every_few_seconds_and_ends() -> None:
    moments = BY_NAME["kill_storm"].moments(20.0, 7)
    assert len(moments) == STORM_LASTS * 20 / EVERY_S
    assert all(abs(at - EVERY_S * number) < 1 for number, at in enumerate(moments, start=1))
    assert moments != BY_NAME["kill_storm"].moments(20.0, 8)


def test_one_kill_comes_half_way() -> None:
    (at,) = BY_NAME["one_kill"].moments(20.0, 7)
    assert 9 <= at <= 11


def test_the_producer_dies_at_its_share_of_the_users() -> None:
    assert BY_NAME["producer_killed"].kill_at(500) == 275
    assert BY_NAME["none"].kill_at(500) == 0


def test_the_users_are_read_as_they_were_written(tmp_path: Path) -> None:
    people.write(tmp_path / "users", USERS)
    assert list(everybody((tmp_path / "users").read_text())) == USERS


def test_a_contestants_process_gets_the_same_ground() -> None:
    ground = Ground("http://127.0.0.1:1", 25.0, 100, Path("/users"), Path("/scratch"), 7, kill_at=3)
    assert Ground.of_environment(ground.environment()) == ground


def test_a_torn_line_of_the_sent_log_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("u-1\nu-2")
    SentLog(tmp_path / "log").add("u-3")
    assert SentLog(tmp_path / "log").users == {"u-1", "u-3"}


@pytest.mark.parametrize("name", ORDER)
def test_each_design_says_why_it_would_double(name: str) -> None:
    contestant = load()[name]
    assert contestant.name == name
    assert set(contestant.because) == set(DISTURBANCES)


def shown(rows: Sequence[Row]) -> str:
    return report.document("\n".join(report.MARKS), rows, load(), "rows")


def test_where_another_does_better_the_table_says_so() -> None:
    loop = replace(ROW, contestant="loop", drain_ratio=0.99, twice=3)
    said = shown([loop, ROW])
    assert "none, drain: ours 1.02; a loop 0.99" in said
    assert "none, twice" not in said
    assert "| 0.99 † |" in said


def test_a_difference_that_is_not_shown_is_none() -> None:
    loop = replace(ROW, contestant="loop", drain_ratio=1.0199)
    assert "drain: ours" not in shown([loop, ROW])


def test_who_was_not_measured_is_named() -> None:
    assert f"Not measured yet, or left out as what they run on is not here: {load()['loop'].title}" in shown([ROW])


def test_rows_of_different_days_and_commits_say_so() -> None:
    later = replace(ROW, fault="kill_storm", commit="def5678", measured_at="2026-11-30T01:00:00+00:00")
    assert "commit abc1234; 2026-11-28; 2 cores" in shown([ROW])
    assert "commits abc1234 and def5678; 2026-11-28 to 2026-11-30; 2 cores" in shown([ROW, later])


def test_it_says_why() -> None:
    row = replace(ROW, contestant="loop", fault="producer_killed", twice=275, mails=775)
    (said,) = explained([row], load())
    assert said.startswith(
        "a loop, producer killed at 55%: 275 of 500 users have two mails or more (775 mails in all)."
    )
    assert "it begins with the first user" in said


def test_ours_may_neither_double_nor_lose() -> None:
    assert report.missed([ROW, replace(ROW, contestant="loop", twice=1)]) == []
    assert len(report.missed([replace(ROW, twice=1), replace(ROW, none=1)])) == 2


def test_a_row_takes_the_place_of_the_one_before_it(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    results.write(path, [ROW, replace(ROW, contestant="loop")])
    results.write(path, results.merged(results.read(path), replace(ROW, twice=1)))
    assert [(row.contestant, row.twice) for row in results.read(path)] == [("loop", 0), ("ours_batched", 1)]
    assert isinstance(json.loads(path.read_text()), list)
