"""README.md, docs/ ↔ Makefile, the command lines, AWS's own commands: what stands there can be typed."""

import importlib.util
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from local.__main__ import COMMANDS as LOCAL
from local.airflow.airflow import PROGRAM
from local.faults.parser import parser as faults_parser
from local.rehearse.scenes import SCENES
from local.stack.stage_settings import settings_of
from ops.errors import UnclearError
from ops.main import parse
from shared.outbox.transitions import TRANSITIONS
from tests.drift.documents import DOCUMENTS, ROOT, Command, commands, inline, name

COMMANDS = [command for document in DOCUMENTS for command in commands(document)]
MAKEFILE = (ROOT / "Makefile").read_text()
AWS_ITSELF = {"query", "output", "region", "profile", "max-items"}
"""Options that every command of the AWS CLI takes, in both versions (source: cli-versions)."""
AWS_CLIS_OWN = {("cloudformation", "wait"), ("s3", "ls"), ("s3", "mv"), ("s3", "rb")}
"""Commands of the AWS CLI that are more than one call."""
RENAMED = {("sns", "endpoint"): "notification-endpoint"}
"""Options that the AWS CLI calls otherwise than the API does."""
SHELL = {"echo", "grep", "tee"}


def make(words: Sequence[str]) -> None:
    for word in words:
        variable, given, value = word.partition("=")
        if not given:
            recipe = re.search(rf"^{re.escape(word)}:.*\n((?:\t.*\n)*)", MAKEFILE, re.MULTILINE)
            assert recipe, f"the Makefile has no target {word}"
            continue
        assert recipe, "a target comes first"
        assert re.search(rf"\b{variable}\b", recipe[1]), f"{words[0]} does not look at {variable}"
        if variable == "ORDER" and value != "--help":
            faults_parser().parse_args(shlex.split(value))
        if variable == "SCENE":
            assert value in SCENES


def onlyonce(words: Sequence[str]) -> None:
    assert parse(words if "--stage" in words else [*words, "--stage", "prod"])


def python(words: Sequence[str]) -> None:
    match words:
        case ["-m", "local", command, *_]:
            assert command in LOCAL, f"python -m local has no command {command}"
        case ["-m", module, *_]:
            found = importlib.util.find_spec(module)
            assert found, f"there is no module {module}"
            package = found.submodule_search_locations is not None
            assert not package or importlib.util.find_spec(f"{module}.__main__"), f"{module} can't be run"
        case [script, *_] if script.startswith("deploy/"):
            assert (ROOT / script).is_file()
        case ["-c", code]:
            subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)
        case _:
            raise AssertionError("only modules, scripts of deploy/ and one-liners")


def aws(words: Sequence[str], *, whole: bool = True) -> None:
    """`whole`: it can be typed as it stands, with all that AWS requires."""
    service, operation, *given = words
    if (service, operation) in AWS_CLIS_OWN:
        return
    takes, requires = _aws_operation(service, operation)
    options = {word.removeprefix("--").removeprefix("no-") for word in given if word.startswith("--")}
    assert options <= takes | AWS_ITSELF, f"unknown: {options - takes - AWS_ITSELF}"
    assert not whole or requires <= options, f"missing: {requires - options}"


@cache
def _aws_operation(service: str, operation: str) -> tuple[set[str], set[str]]:
    """The options that it takes, and those that it requires."""
    model = botocore.session.get_session().get_service_model(service)
    (found,) = [one for one in model.operation_names if xform_name(one, "-") == operation]
    shape: Any = model.operation_model(found).input_shape
    if shape is None:
        return set(), set()
    named = {one: RENAMED.get((service, xform_name(one, "-")), xform_name(one, "-")) for one in shape.members}
    return set(named.values()), {named[one] for one in shape.required_members}


def npx(words: Sequence[str]) -> None:
    tool, command, *given = words
    assert tool == "osls"
    assert command in {"deploy", "info", "package", "remove", "rollback"}
    own = {"--timestamp"} if command == "rollback" else set()
    assert {word for word in given if word.startswith("--")} <= {"--stage", "--region", "--param", "--verbose", *own}
    for option, value in pairwise(given):
        assert option != "--param" or value.partition("=")[0] in settings_of("default"), f"no setting {value}"


def npm(words: Sequence[str]) -> None:
    assert list(words) == ["ci"]


def git(words: Sequence[str]) -> None:
    assert words[0] in {"fetch", "merge", "clone", "remote"}


def airflow(words: Sequence[str]) -> None:
    """As Airflow's own command line reads it."""
    if not PROGRAM.exists():
        pytest.skip("Airflow is not installed here: `make test` does it")
    code = "import sys; from airflow.cli.cli_parser import get_parser; get_parser().parse_args(sys.argv[1:])"
    command = [str(PROGRAM.parent / "python"), "-c", code, *words]
    with tempfile.TemporaryDirectory() as home:  # it writes its configuration there
        environment = {**os.environ, "AIRFLOW_HOME": home}
        ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def source(words: Sequence[str]) -> None:
    assert list(words) in ([".local/env"], [".venv/bin/activate"])


def export(words: Sequence[str]) -> None:
    assert list(words) in (["ONLYONCE_STAGE=prod"], ["AWS_DEFAULT_REGION=eu-central-1"])


def insights(words: Sequence[str]) -> None:
    """A query of CloudWatch Logs; the words that it looks for are those of the log."""
    for event in re.findall(r"\w+", " ".join(words).partition("in [")[2].partition("]")[0]):
        assert event in {transition.name for transition in TRANSITIONS}


def nothing(_: Sequence[str]) -> None:
    """What it is for is plain."""


CHECKS: dict[str, Callable[[Sequence[str]], None]] = {
    "make": make, "onlyonce": onlyonce, ".venv/bin/onlyonce": onlyonce, "python": python, ".venv/bin/python": python,
    "aws": aws, "npx": npx, "npm": npm, "airflow": airflow,
    "git": git, ".": source, "export": export, "filter": insights, "stats": nothing, "limit": nothing,
    **dict.fromkeys(SHELL, nothing),
}  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=str)
def test_it_can_be_typed(command: Command) -> None:
    first, *words = command.words
    assert first in CHECKS, f"{command}: nothing is known of {first}; a block that is only shown is ```text"
    try:
        CHECKS[first](words)
    except (SystemExit, UnclearError):
        pytest.fail(f"{command}: it is refused")


@pytest.mark.parametrize("command", COMMANDS, ids=str)
def test_what_needs_an_account_says_so(command: Command) -> None:
    words = command.words
    away = (
        words[0] in {"aws", "npx", "onlyonce", ".venv/bin/onlyonce"}
        or words[:2] == ("make", "deploy")
        or "--stage prod" in " ".join(words)
    )
    assert not away or command.account or command.local, (
        f"{command}: the paragraph before it says nothing of an account"
    )


def test_the_commands_are_found() -> None:
    """Of each kind some, and of each document that has any."""
    assert {command.words[0] for command in COMMANDS} >= {"make", "onlyonce", ".venv/bin/python", "aws", "npx", "."}
    assert {name(command.document) for command in COMMANDS} >= {
        "README.md", "docs/deploying.md", "docs/operating.md", "docs/rehearsing.md", "docs/runbook.md", "docs/upgrading.md",
    }  # fmt: skip


INLINE = sorted(
    {(name(document), code) for document in DOCUMENTS for code in inline(document)
     if document.name != "CHANGELOG.md" and re.match(r"(make|onlyonce|aws|python -m|\.venv/bin/python -m) [a-z]", code)}
)  # fmt: skip


@pytest.mark.parametrize("code", [code for _, code in INLINE], ids=[f"{document}: {code}" for document, code in INLINE])
def test_what_the_text_names_exists(code: str) -> None:
    """Not all of its options stand there."""
    first, *words = shlex.split(code)
    if first == "make":
        make([word for word in words if not word.startswith("PARAMS=")])
    elif first == "aws":
        aws(words, whole=False)
    elif first == "onlyonce":
        assert parse([words[0], "--help"]) is None
    else:
        python(words[:3] if words[:2] == ["-m", "local"] else words[:2])
