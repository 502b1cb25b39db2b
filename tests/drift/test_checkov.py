"""What checkov is not asked: each check has its reason beside it."""

import re

from tests.drift.documents import ROOT

CONFIGURATION = (ROOT / "deploy/checkov/checkov.yml").read_text()


def test_a_check_that_is_left_out_has_its_reason() -> None:
    skipped = re.findall(r"^ +- (.+)$", CONFIGURATION, re.MULTILINE)
    assert skipped
    assert [line for line in skipped if not re.fullmatch(r"CKV2?_AWS_\d+ # \S.{15,}", line)] == []


def test_a_reason_that_is_a_fact_is_told() -> None:
    facts = (ROOT / "docs/aws-facts.md").read_text()
    for fact in re.findall(r"\(source: ([a-z-]+)\)", CONFIGURATION):
        assert f"\n| {fact} |" in facts


def test_what_is_left_out_for_want_of_a_key_is_looked_at_with_one() -> None:
    """`make check` packages a second template, with a key."""
    (of_a_key,) = re.findall(r"^OF_A_KEY := (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    (group,) = re.findall(r"A key of one's own:.+?# And the rest", CONFIGURATION, re.DOTALL)
    assert set(of_a_key.split(",")) == set(re.findall(r"CKV_AWS_\d+", group))
