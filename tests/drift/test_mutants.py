"""What the last `make mutants` has left: every survivor has its reason, and the score is what is wanted."""

import json

from docs.render import MUTANTS
from tests.mutation.score import Score, known

SCORE = Score.read(json.loads(MUTANTS.read_text()), known())


def test_no_survivor_is_without_a_reason() -> None:
    assert [str(one) for one in SCORE.survivors if one.place not in known()] == []


def test_each_reason_says_something() -> None:
    assert [reason.words for reason in known().values() if len(reason.words.split()) < 5] == []


def test_the_last_run_has_reached_what_is_wanted() -> None:
    assert SCORE.tried >= 100
    assert SCORE.holds, str(SCORE)
