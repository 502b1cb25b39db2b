"""What the screen says of a month that the producer has stopped: every reason, where to mend it, and how to go on."""

from typing import Any

import pytest

from local.demo import next_steps
from local.month.month import ProducerError, StoppedError
from shared.periods import Period

OCTOBER = Period.parse("2026-10")
AGAIN = "make demo FRESH=1"


def told(findings: dict[str, str], produced: int = 0, rejected: list[dict[str, Any]] | None = None) -> str:
    report = {"stopped_for": findings, "produced": produced, "rejected_rows": "s3://usage/rejected/2026-10/1/"}
    return "\n".join(next_steps.about(StoppedError(OCTOBER, report, rejected or []), AGAIN))


def test_every_finding_is_told_with_its_place_and_accepted_by_its_word() -> None:
    said = told({"fewer": "1 rows, the month before had 100", "sandbox": "the account is in SES's sandbox"})
    assert said.startswith("✗ the producer has stopped 2026-10 before its first message: nobody gets a mail")
    assert "  fewer: 1 rows, the month before had 100\n         to mend in the data, or mail/usage/query.sql" in said
    assert "  sandbox: the account is in SES's sandbox" in said
    assert f"begin anew: {AGAIN}\n" in said
    assert "produce 2026-10 --accept fewer --accept sandbox" in said
    assert "make up && source .local/env && .venv/bin/onlyonce produce 2026-10 --again" in said


@pytest.mark.parametrize("word", ["columns", "no_template", "parameter", "unordered"])
def test_what_only_another_query_mends_is_not_offered_to_be_accepted(word: str) -> None:
    said = told({"fewer": "1 rows", word: "…"})
    assert f"can't be: {word} is only mended" in said
    assert "--accept" not in said


def test_a_template_is_looked_at_again_without_another_query() -> None:
    assert "produce 2026-10 --recheck\n" in told({"template": "line 3"})
    assert "produce 2026-10 --recheck\n" in told({"no_template": "refused"})
    assert "produce 2026-10 --again\n" in told({"template": "line 3", "fewer": "1 rows"})


def test_some_of_the_rejected_rows_are_shown_and_where_the_others_are() -> None:
    rows = [{"row": n, "user_id": f"u-{n}", "reason": "email is missing"} for n in range(1, 9)]
    said = told({"rejected": "8 of 9 rows can't become messages"}, rejected=rows)
    assert "row 1, user 'u-1': email is missing" in said
    assert ("u-3" in said, "u-4" in said) == (True, False)
    assert "all of them under s3://usage/rejected/2026-10/1/" in said


def test_a_stop_in_the_middle_is_not_called_one_before_the_first_message() -> None:
    assert "with 29 messages produced: nobody else gets a mail" in told({"template": "line 3"}, produced=29)


@pytest.mark.parametrize(
    ("error_type", "place"),
    [("UsageQueryError", "mail/usage/query.sql"), ("KeyError", "mail/usage/variables.py, line 38")],
)
def test_an_error_is_told_with_the_place_that_is_mended(error_type: str, place: str) -> None:
    error = ProducerError(OCTOBER, error_type, "line 75: ORDR", "mail/usage/variables.py, line 38")
    said = "\n".join(next_steps.about(error, AGAIN))
    assert said.startswith(f"✗ the producer ended with {error_type}: line 75: ORDR\n  to mend in {place}\n")
    assert ".venv/bin/onlyonce produce 2026-10\n" in said
