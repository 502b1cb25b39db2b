"""completion: what a shell offers after a word."""

import shutil
import subprocess

import pytest

from ops import main as command_line
from shared.outbox.states import Status
from tests.unit.ops.test_command_line import COMMANDS

OFFERED = """
source /dev/stdin
COMP_WORDS=({words}) COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
$(complete -p onlyonce | sed -E 's/.*-F ([^ ]+).*/\\1/')
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def script(shell: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert command_line.main(["completion", shell]) == 0
    return capsys.readouterr().out


def offered(words: str, capsys: pytest.CaptureFixture[str]) -> set[str]:
    bash = shutil.which("bash")
    assert bash
    run = [bash, "--norc", "-c", OFFERED.format(words=words)]
    done = subprocess.run(run, input=script("bash", capsys), capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_bash_offers_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert offered("onlyonce ''", capsys) >= set(COMMANDS)
    assert offered("onlyonce re", capsys) == {one for one in COMMANDS if one.startswith("re")}


def test_bash_offers_options_and_statuses(capsys: pytest.CaptureFixture[str]) -> None:
    assert offered("onlyonce list --c", capsys) == {"--csv"}
    assert offered("onlyonce redrive --st", capsys) == {"--status", "--stage"}
    assert offered("onlyonce list --status ''", capsys) == set(Status)
    assert offered("onlyonce completion ''", capsys) == {"bash", "zsh", "fish"}


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_other_shells_have_a_script_as_well(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    written = script(shell, capsys)
    assert all(word in written for word in (*COMMANDS, *Status))


def test_it_needs_neither_a_stage_nor_an_account(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command_line, "open_session", lambda *_: pytest.fail("a stage is asked"))
    monkeypatch.delenv("ONLYONCE_STAGE", raising=False)
    assert "onlyonce" in script("bash", capsys)
