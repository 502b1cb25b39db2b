"""The score of `make mutants`: what counts as caught, and what makes it fail."""

from pathlib import Path

import pytest

from tests.mutation.score import Reason, Score, Variant, known
from tests.mutation.worker import lottery, only_words

ALIVE = Variant("shared.producing.run_records.RunRecords.begin", "a < b", "a <= b", "survived")
TWIN = Variant("shared.producing.run_records.RunRecords.begin", "a < c", "a <= c", "survived")
CAUGHT = [
    Variant("shared.producing.run_records.RunRecords.begin", "a + b", f"a - {number}", "caught") for number in range(98)
]
WEAK, SAME = Reason("nobody tests it", equivalent=False), Reason("a is never b", equivalent=True)


def test_a_variant_that_was_stopped_is_caught() -> None:
    score = Score.of([*CAUGHT, Variant("x", "y", "z", "stopped")], {})
    assert (score.share, score.stopped, score.caught) == (1.0, 1, 99)


def test_an_equivalent_one_does_not_count_and_another_does() -> None:
    reasons = {ALIVE.place: SAME, TWIN.place: WEAK}
    score = Score.of([*CAUGHT, ALIVE, TWIN], reasons)
    assert (score.equivalent, score.unexplained, score.share) == (1, 0, 98 / 99)
    assert score.holds


@pytest.mark.parametrize(("caught", "holds"), [(95, True), (94, False)])
def test_it_holds_from_95_percent_on(caught: int, holds: bool) -> None:
    alive = [Variant("f", "a", str(number), "survived") for number in range(100 - caught)]
    score = Score.of([*CAUGHT[:caught], *alive], {one.place: WEAK for one in alive})
    assert score.holds is holds


def test_a_run_that_was_kept_is_judged_with_the_reasons_of_today() -> None:
    kept = Score.of([*CAUGHT, ALIVE, Variant("x", "y", "z", "stopped")], {}).figures()
    assert Score.read(kept, {}) == Score.of([*CAUGHT, ALIVE, Variant("x", "y", "z", "stopped")], {})
    assert Score.read(kept, {ALIVE.place: SAME}).share == 1.0


def test_a_survivor_without_a_reason_fails_it_however_good_the_share() -> None:
    score = Score.of([*CAUGHT, ALIVE], {TWIN.place: SAME})
    assert (score.unexplained, score.holds) == (1, False)


def test_where_nothing_was_tried_nothing_holds() -> None:
    assert not Score.of([], {}).holds


def test_a_variant_has_one_reason(tmp_path: Path) -> None:
    one = '[[survivor]]\nwhere = "f"\nwas = "a"\nbecomes = "b"\nequivalent = false\nreason = "why"\n'
    file = tmp_path / "survivors.toml"
    file.write_text(one)
    assert known(file) == {("f", "a", "b"): Reason("why", equivalent=False)}
    file.write_text(one + one)
    with pytest.raises(ValueError, match="lists this variant twice"):
        known(file)


def test_the_order_is_the_seeds_and_a_change_elsewhere_leaves_it() -> None:
    variants = {f"f__{number}": {"where": "f", "was": "a", "becomes": str(number)} for number in range(50)}
    renamed = {f"f__{number + 1}": one for number, one in enumerate(variants.values())}

    def order(seed: str, of: dict[str, dict[str, str]]) -> list[str]:
        return [of[name]["becomes"] for name in sorted(of, key=lottery(seed, of))]

    assert order("1", variants) == order("1", renamed) != order("2", variants)
    assert sorted(order("1", variants)) == sorted(order("2", variants))


@pytest.mark.parametrize(
    ("was", "becomes", "words"),
    [
        ('reason = "it fell silent"', 'reason = "XXit fell silentXX"', True),
        ('f(a, "it fell silent")', 'f(None, "it fell silent")', False),
        ('item["fence"]', 'item["FENCE"]', False),
        ("""say('it needs {"a": 1}')""", """say('IT NEEDS {"A": 1}')""", True),
        ('"due" if a else "not now"', '"due" if (a) or True else "not now"', False),
    ],
)
def test_a_string_of_several_words_is_for_people(was: str, becomes: str, words: bool) -> None:
    assert only_words(was, becomes) is words
