"""Which stored results a run may take instead of asking."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import UnfitResultError
from shared.producing.handed import RESULTS_KEPT, Execution, Wanted
from tests.unit.producing.records import NOW, OCTOBER

WANTED = Wanted(OCTOBER, "SELECT 1\nFROM usage", "onlyonce-prod", "onlyonce_prod")
FOUND = Execution(
    "q-1",
    "SUCCEEDED",
    WANTED.sql,
    NOW,
    "onlyonce-prod",
    "onlyonce_prod",
    "awsdatacatalog",
    reused=False,
    scanned_bytes=1,
)
ENDED = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "found",
    [
        FOUND,
        replace(FOUND, sql=f"\n{WANTED.sql}\n"),
        replace(FOUND, database="Onlyonce_Prod", catalog="AwsDataCatalog"),
        replace(FOUND, catalog="", scanned_bytes=None),
        replace(FOUND, submitted_at=ENDED),
    ],
)
def test_the_result_of_the_runs_own_question_is_taken(found: Execution) -> None:
    WANTED.check(found, NOW)


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (replace(FOUND, state="RUNNING"), "it is RUNNING, not SUCCEEDED"),
        (replace(FOUND, state="CANCELLED"), "it is CANCELLED"),
        (replace(FOUND, sql="SELECT 2"), "its SQL is not the deployed query for 2026-10"),
        (replace(FOUND, sql="SELECT 1 FROM usage"), "its SQL is not"),
        (replace(FOUND, work_group="onlyonce-test"), "it asked onlyonce_prod in onlyonce-test, not onlyonce_prod in"),
        (replace(FOUND, database="onlyonce_test"), "it asked onlyonce_test in"),
        (replace(FOUND, catalog="lambda:others"), "the catalog lambda:others"),
        (replace(FOUND, submitted_at=ENDED - timedelta(milliseconds=1)), "before 2026-10 was over in UTC"),
        (replace(FOUND, reused=True), "the result of an older query"),
    ],
)
def test_any_other_is_refused(found: Execution, says: str) -> None:
    with pytest.raises(UnfitResultError, match=f"the result q-1 can't be taken for 2026-10: .*{says}"):
        WANTED.check(found, NOW)


def test_a_result_is_taken_as_long_as_it_is_kept() -> None:
    WANTED.check(FOUND, NOW + RESULTS_KEPT - timedelta(seconds=1))
    with pytest.raises(UnfitResultError, match="kept for 14 days, until 2026-11-15T06:00"):
        WANTED.check(FOUND, NOW + RESULTS_KEPT)


def test_all_that_is_wrong_is_said_at_once() -> None:
    wrong = replace(FOUND, state="FAILED", sql="SELECT 2")
    assert list(WANTED.objections(wrong, NOW)) == [
        "it is FAILED, not SUCCEEDED",
        "its SQL is not the deployed query for 2026-10",
    ]
