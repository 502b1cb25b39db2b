"""A shell of an operator, beside a stack that is up: the lines of a document, typed as they stand."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from local.stack.deployment import STACK, Deployment
from local.stack.embedded_aws import ROOT
from local.stack.isolation import isolated
from local.stack.stage_settings import STAGE
from tests.drift.documents import block_lines

AWS = ROOT / ".local/awscli/bin/aws"
"""The AWS CLI, version 1."""
DIFFERS = re.compile(r"^AWS CLI v2 UPGRADE WARNING: (.*)\n", re.MULTILINE)
"""Version 1 says so of what version 2 would do otherwise (source: cli-versions)."""
OF_EVERY_COMMAND = (
    "By default, the AWS CLI v2 returns all output through",
    "In AWS CLI v2, all timestamp response values are",
)
OF_EVERY_FILE = ("When specifying a blob-type parameter", "For input parameters that have a prefix of `http://`")
"""It does not look whether the file is fileb://, which both read alike."""
PERIOD = "2026-10"
"""As documents write a month."""


def sections(document: Path) -> dict[str, list[str]]:
    """The lines to type of each section that has any, by its heading."""
    text, found = document.read_text(), dict[str, list[str]]()
    lines = text.splitlines()
    for number, line, _ in block_lines(text):
        heading = next(one for one in reversed(lines[:number]) if one.startswith("#"))
        found.setdefault(heading.lstrip("# "), []).append(line)
    return found


@dataclass(frozen=True)
class Shell:
    """In `folder`, with `onlyonce` and `aws` on the path, the stage named, and no other AWS within reach."""

    deployment: Deployment
    folder: Path

    def __post_init__(self) -> None:
        assert AWS.exists(), f"{AWS} is missing; `make {AWS.parents[1].relative_to(ROOT)}/.made` installs it"
        (self.folder / "bin").mkdir(parents=True)
        # Version 1 has an address of its own for SQS, which only the option replaces.
        programs = {
            "onlyonce": f'"{sys.executable}" -m ops.main',
            "aws": f'"{AWS}" --endpoint-url "{self.deployment.url}"',
        }
        for name, command in programs.items():
            program = self.folder / "bin" / name
            program.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
            program.chmod(0o755)
        (self.folder / ".venv").symlink_to(ROOT / ".venv")

    def type(self, line: str, period: str, *, answer: str = "", status: int = 0, **named: str) -> str:
        """What it prints, to either channel. Names in capitals stand for what is given; the month is another one."""
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", self.meant(line, period, **named)],
            cwd=self.folder, env=self._environment(), input=f"{answer}\n" if answer else "", capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip
        printed = done.stdout + done.stderr
        assert done.returncode == status, f"{line}\nended with {done.returncode}:\n{printed}"
        known = OF_EVERY_COMMAND + (OF_EVERY_FILE if "fileb://" in line else ())
        others = [one for one in DIFFERS.findall(printed) if not one.startswith(known)]
        assert not others, "\n".join(others)
        return DIFFERS.sub("", printed)

    def meant(self, line: str, period: str, **named: str) -> str:
        """The line with its names filled in."""
        outputs = self.deployment.outputs()
        names = {"OUTBOX_TABLE": outputs["OutboxTableName"], "DEAD_LETTERS_URL": outputs["DeadLettersUrl"], **named}
        for name, value in names.items():
            line = re.sub(rf"\b{name}\b", lambda _, value=value: value, line)  # type: ignore[misc]
        return line.replace("onlyonce-prod", STACK).replace(PERIOD, period)

    def _environment(self) -> dict[str, str]:
        ours = {
            "ONLYONCE_STAGE": STAGE, "PYTHONPATH": str(ROOT), "AWS_CLI_UPGRADE_DEBUG_MODE": "true",
            "BROWSER": "true",
            "PATH": f"{self.folder}/bin:{os.environ['PATH']}",
        }  # fmt: skip
        return {**isolated(os.environ, self.deployment.url), **ours}
