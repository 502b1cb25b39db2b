"""What osls makes of serverless.yml, and the zip that is deployed: each once for all tests in here."""

import json
import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grimp
import pytest

from local.stack.embedded_aws import ROOT
from local.stack.isolation import isolated
from shared.outbox.transitions import TRANSITIONS

OSLS = ROOT / "node_modules/.bin/osls"
NOBODY = "http://127.0.0.1:1"
"""No AWS is needed to package; what asks one finds a closed port."""
FUNCTIONS = ("producer", "claim", "send", "sweeper", "feedback")
Counted = Callable[[str, str], bool]
"""Whether this function's own code counts a metric of this name."""
_COUNTS = re.compile(r"telemetry\.(count|gauge|refuse)\(")
KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


@dataclass(frozen=True)
class Packaged:
    """The CloudFormation template of stage `local` and the functions as osls understood them."""

    template: dict[str, Any]
    functions: dict[str, Any]

    @property
    def resources(self) -> dict[str, dict[str, Any]]:
        resources: dict[str, dict[str, Any]] = self.template["Resources"]
        return resources

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """Properties of all resources of a type, by logical id."""
        return {name: one["Properties"] for name, one in self.resources.items() if one["Type"] == kind}

    def function(self, name: str) -> dict[str, Any]:
        properties: dict[str, Any] = self.resources[f"{name.capitalize()}LambdaFunction"]["Properties"]
        return properties


@pytest.fixture(scope="session")
def counted() -> Counted:
    """A transition is counted by its name; everything else is a text in a file that counts anything."""
    imports = grimp.build_graph("handlers", "shared", cache_dir=None)
    behind = {name: {f"handlers.{name}", *imports.find_upstream_modules(f"handlers.{name}")} for name in FUNCTIONS}
    files = {name: [ROOT / f"{module.replace('.', '/')}.py" for module in behind[name]] for name in FUNCTIONS}
    texts = {name: [file.read_text() for file in files[name] if file.exists()] for name in FUNCTIONS}
    sources = {name: "".join(text for text in texts[name] if _COUNTS.search(text)) for name in FUNCTIONS}
    transitions = {(one.by, one.name) for one in TRANSITIONS}
    return lambda function, name: (function, name) in transitions or f'"{name}"' in sources[function]


@pytest.fixture(scope="session")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Packaged:
    return package(tmp_path_factory.mktemp("packaged"))


@pytest.fixture(scope="session")
def packaged_with_key(tmp_path_factory: pytest.TempPathFactory) -> Packaged:
    """The same, with a key of the stage's own."""
    return package(tmp_path_factory.mktemp("packaged"), f"kmsKey={KEY}")


def package(folder: Path, *params: str) -> Packaged:
    options = [option for param in params for option in ("--param", param)]
    done = subprocess.run(
        [OSLS, "package", "--stage", "local", "--package", folder, *options],
        cwd=ROOT,
        env=isolated(os.environ, NOBODY),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    template = json.loads((folder / "cloudformation-template-update-stack.json").read_text())
    state = json.loads((folder / "serverless-state.json").read_text())
    return Packaged(template, state["service"]["functions"])


def build_zip(output: Path) -> Path:
    """The deployment zip, built as `make package` does."""
    python = ROOT / ".venv/bin/python"
    done = subprocess.run(
        [python, "deploy/package.py", "--output", output], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return output


@pytest.fixture(scope="session")
def deployed_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_zip(tmp_path_factory.mktemp("zip") / "onlyonce.zip")
