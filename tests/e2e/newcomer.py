"""Somebody who has the README, docs/operating.md and the runbook, and types what stands there."""

import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from local.rehearse.rehearsal import Rehearsal
from local.stack.deployment import Deployment
from local.stack.embedded_aws import ROOT
from local.stack.isolation import isolated
from tests.drift.documents import commands, inline

READ = [ROOT / "README.md", ROOT / "docs/operating.md", ROOT / "docs/runbook.md"]
USER, PERIOD = "ann", "2026-10"
"""Of whom and of which month the documents speak."""
_TIMEOUT_S = 120


@dataclass(frozen=True)
class Newcomer:
    """At a shell that has read `environment`, in a folder of its own, with `onlyonce` on the path."""

    rehearsal: Rehearsal
    environment: Path
    folder: Path

    def types(self, line: str, *, user: str = USER, answer: str = "", status: int = 0) -> str:
        """Type a line of the documents, for this user and the rehearsed month; what it prints.

        `answer` is what is typed when it asks. AssertionError if no document has the line, or if the exit status is another.
        """
        _look_up(line)
        typed = line.replace(f" {USER} ", f" {shlex.quote(user)} ").replace(PERIOD, str(self.rehearsal.period))
        done = subprocess.run(
            ["bash", "-c", f". {shlex.quote(str(self.environment))}; {typed}"],
            cwd=self.folder,
            env={**isolated(os.environ, self.rehearsal.url), **self._shell()},
            input=answer,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
        assert done.returncode == status, f"$ {typed}\n{done.stdout}{done.stderr}"
        return " ".join((done.stdout + done.stderr).split())

    def _shell(self) -> dict[str, str]:
        """Pages are opened in a browser that shows nothing."""
        return {"PATH": f"{self.folder}/bin:{os.environ['PATH']}", "BROWSER": "true"}

    def asks_aws(self, line: str, **stand_ins: str) -> None:
        """Do what a line for the AWS CLI does, which need not be there; `stand_ins` are what its capitals stand for."""
        _, service, operation, *options = _look_up(line)
        names = ["".join(map(str.capitalize, option.removeprefix("--").split("-"))) for option in options[::2]]
        values = [stand_ins.get(value, value) for value in options[1::2]]
        getattr(self.rehearsal.deployment.client(service), operation.replace("-", "_"))(
            **dict(zip(names, values, strict=True))
        )


def newcomer(folder: Path, deployment: Deployment, rehearsal: Rehearsal) -> Newcomer:
    """With `folder` to work in: .local/env as `make up` writes it, and the checkout's command line."""
    environment = folder / "env"
    environment.write_text(deployment.shell_environment())
    script = folder / "bin/onlyonce"
    script.parent.mkdir(exist_ok=True)
    script.write_text(f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {sys.executable} -m ops.main "$@"\n')
    script.chmod(0o755)
    return Newcomer(rehearsal, environment, folder)


def _look_up(line: str) -> tuple[str, ...]:
    words = tuple(shlex.split(line))
    assert words in documented(), f"no document says: {line}"
    return words


@cache
def documented() -> frozenset[tuple[str, ...]]:
    """Every command that these documents print, in a block or within the text."""
    blocks = {command.words for document in READ for command in commands(document)}
    return frozenset(blocks | {tuple(code.split()) for document in READ for code in inline(document)})
