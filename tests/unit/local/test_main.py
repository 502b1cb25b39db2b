"""Commands end without a traceback: at Ctrl-C from their first moment on, and when nobody reads them any more."""

import os
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from local import __main__ as command
from local.embedded_aws import ROOT


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
def test_another_command_is_refused(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["local", *words])
    assert command.main() == 2


def test_what_nobody_reads_is_no_error_and_the_work_goes_on() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    code = "import sys; from local.saying import say; say('one'); say('two'); print('done', file=sys.stderr)"
    ended = run(code, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (0, "done\n")
