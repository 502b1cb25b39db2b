"""docs/rehearsing.md and the scenes are one: each scene has its place, and the commands there are the scene's."""

import re
import shlex
import sys
from pathlib import Path

import pytest

from local.rehearse import chapter, command
from local.rehearse.command import NAMES
from local.rehearse.scenes import SCENES
from local.stack.stack import Stack
from ops.main import parse

TEXT = chapter.PATH.read_text()
BLOCKS = chapter.blocks(TEXT)


def test_every_scene_is_in_the_chapter_and_the_other_way_round() -> None:
    assert list(BLOCKS) == list(SCENES)


@pytest.mark.parametrize("name", SCENES)
def test_what_the_chapter_shows_is_what_the_scene_types(name: str) -> None:
    first, *typed = re.findall(r"^\$ (.+)$", BLOCKS[name], re.MULTILINE)
    assert first == f"make rehearse SCENE={name} PLAY=1"
    assert len(typed) == len(SCENES[name].steps)
    for line, step in zip(typed, SCENES[name].steps, strict=True):
        shape = re.escape(step.typed).replace("PERIOD", r"\d{4}-\d{2}").replace("HELD", r"\w+").replace("NEXT", r"\w+")
        assert re.fullmatch(shape, line), f"{line!r} is not {step.typed!r}: play the scene again with --write"


@pytest.mark.parametrize("name", SCENES)
def test_every_command_can_be_typed(name: str) -> None:
    for step in SCENES[name].steps:
        command, _, words = step.typed.partition(" ")
        assert command in NAMES
        if command == "onlyonce":
            assert parse([*shlex.split(words.replace("PERIOD", "2026-10")), "--stage", "local"])
        if command == "rehearse":
            assert SCENES[name].mend is not None


@pytest.mark.parametrize("anchor", re.findall(r"\]\(#([^)]+)\)", TEXT))
def test_links_lead_somewhere(anchor: str) -> None:
    headings = re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)
    assert anchor in {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_a_scene_that_is_played_again_takes_its_own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "rehearsing.md"
    copy.write_text(TEXT)
    monkeypatch.setattr(chapter, "PATH", copy)
    chapter.write("heals", ["• all well ", "", r"$ onlyonce held \1"])
    after = chapter.blocks(copy.read_text())
    assert after["heals"] == "$ make rehearse SCENE=heals PLAY=1\n• all well\n\n$ onlyonce held \\1"
    assert {**after, "heals": ""} == {**BLOCKS, "heals": ""}
    with pytest.raises(KeyError, match="no place for the scene rain"):
        chapter.write("rain", [])


def typed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *words: str) -> int:
    """The command's exit status, where no stack is up."""
    monkeypatch.setattr(command, "FOLDER", tmp_path)
    monkeypatch.setattr(sys, "argv", ["rehearse", *words])
    try:
        return command.main()
    except SystemExit as ended:
        return int(ended.code or 0)


def test_without_a_scene_it_lists_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(monkeypatch, tmp_path) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(SCENES)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rain"], "invalid choice: 'rain' (choose from '', 'wrong-text'"),
        (["failed", "--mend"], "in failed nobody mends anything in between"),
        (["stopped", "--mend"], "no embedded AWS is up here: stage the scene first"),
    ],
)
def test_what_can_not_be_staged_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert typed(monkeypatch, tmp_path, *words) == 2
    assert said in capsys.readouterr().err


def test_a_stack_that_is_up_is_left_alone(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Unless FRESH=1 says so: a rehearsal begins with an empty one."""
    monkeypatch.setattr(Stack, "standing", lambda _: "an embedded AWS is up here already")
    monkeypatch.setattr(Stack, "up", lambda *_, **__: pytest.fail("it was touched"))
    monkeypatch.setattr(sys, "argv", ["rehearse", "uncertain"])
    assert command.main() == 2
    assert "FRESH=1" in capsys.readouterr().err
