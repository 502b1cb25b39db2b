"""CONTRIBUTING.md, the CI workflow, the commit hooks and the licence ↔ the Makefile, the tools and the files."""

import json
import re
from typing import Any

import pytest
import yaml

from local.stack.embedded_aws import ROOT
from tests.drift.conftest import Packaged

MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
GUIDES = ["CONTRIBUTING.md", "SECURITY.md"]
each_guide = pytest.mark.parametrize("guide", GUIDES)


def text(name: str) -> str:
    return (ROOT / name).read_text()


def wanted(tool: str) -> str:
    """The oldest version that the Makefile takes."""
    (version,) = re.findall(rf"^{tool}_WANTED := (\S+)$", MAKEFILE, re.MULTILINE)
    return str(version)


@each_guide
def test_every_make_command_in_a_guide_is_there(guide: str) -> None:
    assert set(re.findall(r"(?:^ {4}|`)make ([a-z-]+)", text(guide), re.MULTILINE)) <= TARGETS


@each_guide
def test_every_file_that_a_guide_names_is_there(guide: str) -> None:
    links = re.findall(r"\]\((?!https:)([^)#]+)", text(guide))
    named = re.findall(r"(?:[a-z_0-9]+/)+[a-z_0-9]+\.(?:py|md|yml)", text(guide))
    assert links
    assert [name for name in {*links, *named} if not (ROOT / name).exists()] == []


def test_the_folders_of_tests_that_are_told_of_are_there() -> None:
    rows = re.findall(r"^\| (`[a-z0-9`, ]+`) \|", text("CONTRIBUTING.md"), re.MULTILINE)
    folders = {name for row in rows for name in re.findall(r"`([a-z0-9]+)`", row)}
    there = {path.parent.name for path in (ROOT / "tests").glob("*/__init__.py")}
    assert folders == there


def test_every_command_of_the_makefile_says_what_it_does() -> None:
    commands = set(re.findall(r"^\.PHONY: (\S+)$", MAKEFILE, re.MULTILINE)) - {"ready", "machine"}
    assert commands == set(re.findall(r"^([a-z-]+):.* ## \S", MAKEFILE, re.MULTILINE))


def jobs() -> Any:
    return yaml.safe_load(text(".github/workflows/test.yml"))["jobs"]


def test_the_workflow_runs_what_a_developer_runs() -> None:
    runs = {name: [step["run"] for step in job["steps"] if "run" in step] for name, job in jobs().items()}
    assert runs == {"test": ["make test"], "audit": ["make audit"]}


def test_the_workflow_tries_the_oldest_python_and_node_and_lambdas_python(packaged: Packaged) -> None:
    oldest, lambdas = jobs()["test"]["strategy"]["matrix"]["include"]
    assert wanted("PYTHON") == oldest["python"]
    assert wanted("NODE").startswith(oldest["node"])
    assert packaged.function("send")["Runtime"] == f"python{lambdas['python']}"


def test_the_workflow_takes_actions_of_one_major_version() -> None:
    used = [step["uses"] for job in jobs().values() for step in job["steps"] if "uses" in step]
    assert used
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", one) for one in used)


def hooks() -> list[dict[str, Any]]:
    (local,) = yaml.safe_load(text(".pre-commit-config.yaml"))["repos"]
    assert local["repo"] == "local"
    found: list[dict[str, Any]] = local["hooks"]
    return found


@pytest.mark.parametrize("hook", hooks(), ids=lambda hook: str(hook["id"]))
def test_a_hook_runs_a_tool_that_is_installed(hook: dict[str, Any]) -> None:
    tool, *_ = hook["entry"].split()
    assert tool.startswith(".venv/bin/")
    assert (ROOT / tool).exists()


def test_the_hook_for_the_documents_looks_at_each_of_them() -> None:
    from docs.render import documents

    (pattern,) = [hook["files"] for hook in hooks() if hook["id"] == "docs"]
    written = [path.relative_to(ROOT).as_posix() for path in documents()]
    assert all(re.search(pattern, name) for name in [*written, "shared/outbox/transitions.py"])


def test_the_licence_is_the_one_that_is_declared() -> None:
    declared = json.loads(text("package.json"))["license"]
    assert text("LICENSE").startswith(f"{declared} License\n")
