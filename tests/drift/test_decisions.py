"""docs/adr ↔ its list, and whatever cites a decision."""

import re
from pathlib import Path

import pytest

from tests.drift.documents import ROOT, name

FOLDER = ROOT / "docs/adr"
ADRS = sorted(FOLDER.glob("0*.md"))
SECTIONS = ["Context", "Decisions", "Consequences"]
CITING = [
    file
    for folder in ("bench", "deploy", "docs", "handlers", "local", "mail", "ops", "shared", "simulation", "tests")
    for file in (ROOT / folder).rglob("*")
    if file.suffix in {".md", ".py", ".yml"} and "node_modules" not in file.parts
]


def number(path: Path) -> int:
    return int(path.name[:4])


@pytest.mark.parametrize("path", ADRS, ids=name)
def test_a_decision_has_its_parts(path: Path) -> None:
    text = path.read_text()
    assert re.match(rf"# ADR {number(path)}: .+\n\nStatus: \w+\. Date: \d{{4}}-\d\d-\d\d[.;]", text)
    assert [section for section in re.findall(r"^## (.+)$", text, re.MULTILINE) if section in SECTIONS] == SECTIONS
    decisions = [int(found) for found in re.findall(r"^- \*\*D(\d+)", text, re.MULTILINE)]
    assert decisions == list(range(1, len(decisions) + 1))
    assert 1 <= len(decisions) <= 6


def test_the_list_has_them_all() -> None:
    rows = re.findall(r"^\| (\d+) \| \[(.+)\]\((.+)\) \| (\S+) \|$", (FOLDER / "README.md").read_text(), re.MULTILINE)
    told = [(int(n), title, file, date) for n, title, file, date in rows]
    assert told == [(number(path), *_head(path)) for path in ADRS]


def _head(path: Path) -> tuple[str, str, str]:
    found = re.match(r"# ADR \d+: (.+)\n\nStatus: \w+\. Date: ([\d-]+)", path.read_text())
    assert found
    return found[1], path.name, found[2]


def test_a_decision_that_is_cited_is_there() -> None:
    there = {number(path): set(re.findall(r"\*\*(D\d+)", path.read_text())) for path in ADRS}
    for file in CITING:
        for adr, decision in re.findall(r"\bADR\s+(\d+)(?:\s+(D\d+))?", file.read_text()):
            assert int(adr) in there, f"{name(file)} cites ADR {adr}"
            assert not decision or decision in there[int(adr)], f"{name(file)} cites ADR {adr} {decision}"
