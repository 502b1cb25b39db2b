"""Commands end without a traceback: at Ctrl-C from their first moment on, and when nobody reads them any more."""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from local import __main__ as command
from local.stack.embedded_aws import ROOT


def run(code: str, **options: Any) -> subprocess.CompletedProcess[str]:
    buffered = {**os.environ, "PYTHONUNBUFFERED": ""}
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=buffered, text=True, check=False, **options)


def test_ctrl_c_ends_it_with_a_word(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted() -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("importlib.import_module", lambda _: SimpleNamespace(main=interrupted))
    monkeypatch.setattr(sys, "argv", ["local", "stack", "up"])
    assert command.main() == 130
    assert "interrupted; `make down` stops" in capsys.readouterr().err


def test_nothing_that_takes_long_is_imported_before_ctrl_c_is_waited_for() -> None:
    shown = run(
        "import sys, local.__main__; print(*(m for m in sys.modules if m.split('.')[0] in ('boto3', 'rich')))",
        capture_output=True,
    )
    assert shown.stdout == "\n"


@pytest.mark.parametrize("words", [[], ["daemon"]])
def test_another_command_is_refused(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["local", *words])
    assert command.main() == 2
    shown = capsys.readouterr().err
    assert ("there is no command daemon" in shown) == bool(words)
    assert all(f"\n  {name} " in shown for name in command.COMMANDS)


@pytest.mark.parametrize("name", ["", *command.COMMANDS])
def test_help_shows_how_it_is_called(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [word for word in ("local", name, "--help") if word])
    with suppress(SystemExit):
        assert command.main() == 0
    assert capsys.readouterr().out.startswith(f"usage: python -m local {name}")


def test_there_is_no_other_way() -> None:
    """Each command has one name; what is in its module alone starts nothing. The embedded AWS is a program of its own."""
    runnable = [path for path in (ROOT / "local").rglob("*.py") if 'if __name__ == "__main__"' in path.read_text()]
    own = {path.relative_to(ROOT / "local") for path in runnable} - {
        Path("engine/__main__.py"),
        Path("engine/python_runtime.py"),
    }
    assert own == {Path("__main__.py")}


def test_what_nobody_reads_is_no_error_and_the_work_goes_on() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    code = "import sys; from local.stack.printing import say; say('one'); say('two'); print('done', file=sys.stderr)"
    ended = run(code, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (0, "done\n")
