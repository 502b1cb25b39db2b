"""README.md, docs/ ↔ each other: every link leads somewhere, and every fact that is cited is told."""

import re
from pathlib import Path

import pytest

from shared.outbox.transitions import PRODUCE, TRANSITIONS
from tests.drift.documents import DOCUMENTS, ROOT, anchors, inline, links, name

FACTS = re.findall(
    r"^\| ([a-z]+(?:-[a-z]+)*) \| (.+) \| (.+) \|$", (ROOT / "docs/aws-facts.md").read_text(), re.MULTILINE
)
IDS = [fact for fact, _, _ in FACTS if fact != "id"]
CITING = ("deploy", "handlers", "mail", "ops", "shared", "simulation")
LIKE_AN_ID = re.compile(rf"(?:{'|'.join(sorted({one.partition('-')[0] for one in IDS}))})-[a-z-]+")


@pytest.mark.parametrize(("document", "target"), [(one, target) for one in DOCUMENTS for target in links(one)])
def test_a_link_leads_somewhere(document: Path, target: str) -> None:
    path, _, anchor = target.partition("#")
    led_to = (document.parent / path).resolve() if path else document
    assert led_to.exists(), f"{name(document)}: {target} is not there"
    assert not anchor or anchor in anchors(led_to), f"{name(document)}: {target} has no such heading"


def test_each_document_is_led_to() -> None:
    """From another one, so that nobody has to guess that it is there."""
    led_to = {(one.parent / target.partition("#")[0]).resolve() for one in DOCUMENTS for target in links(one)}
    assert [name(one) for one in DOCUMENTS if one not in led_to and one != ROOT / "README.md"] == []


def test_facts_have_one_name_each_and_a_source() -> None:
    assert len(IDS) == len(set(IDS)) > 50
    assert [
        fact for fact, _, source in FACTS if fact != "id" and "https://" not in source and "measured" not in source
    ] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_facts_that_are_cited_are_told(document: Path) -> None:
    cited = {code for code in inline(document) if LIKE_AN_ID.fullmatch(code)}
    assert cited <= set(IDS)


def test_facts_that_code_cites_are_told() -> None:
    files = [
        *ROOT.glob("*.yml"),
        *(file for folder in CITING for file in (ROOT / folder).rglob("*.*") if file.suffix in {".py", ".yml"}),
    ]
    cited = {fact for file in files for fact in re.findall(r"source:\s+([a-z]+(?:-[a-z]+)+)\b[,)]", file.read_text())}
    assert cited
    assert cited <= set(IDS)


def test_the_picture_names_transitions_as_they_are() -> None:
    ends = {one.name: str(one.to) for one in (PRODUCE, *TRANSITIONS)}
    (picture,) = re.findall(
        r"^```mermaid\n(.+?)^```", (ROOT / "docs/architecture.md").read_text(), re.DOTALL | re.MULTILINE
    )
    named = re.findall(r"(\w+): ([A-Z]{2,})", picture)
    assert len(named) >= 8
    assert {transition: ends.get(transition) for transition, _ in named} == dict(named)


def test_the_rooms_are_those_of_the_folders() -> None:
    (tree,) = re.findall(
        r"^## The rooms.+?^```text\n(.+?)^```", (ROOT / "docs/architecture.md").read_text(), re.DOTALL | re.MULTILINE
    )
    told = set(re.findall(r"^ {0,2}(\w+)/ ", tree, re.MULTILINE)) | {"deploy"}
    rooms = {path.parent.name for path in (ROOT / "shared").glob("*/__init__.py")}
    folders = {path.parent.name for path in ROOT.glob("*/*.py")}
    assert told == rooms | folders
