"""One embedded AWS with the deployed product, for the whole session and beside any that `make up` runs."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console

from local.demo.outcome import Outcome
from local.demo.story import run
from local.stack.deployment import Deployment
from local.stack.embedded_aws import free_port
from local.stack.stack import Stack
from local.usage.choice import UsageChoice, choose

USERS = 100
CRASH_AT = 55


@dataclass(frozen=True)
class Story:
    """The demo's story, acted out: what it ran on, what came of it, what the screen said."""

    choice: UsageChoice
    outcome: Outcome
    screen: str


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with a folder of its own."""
    stack = Stack(tmp_path_factory.mktemp("stack"))
    yield stack
    stack.down()


@pytest.fixture(scope="session")
def fresh_deployment(stack: Stack) -> Deployment:
    """The product as deployed, before it did anything."""
    return stack.up(free_port())


@pytest.fixture(scope="session")
def story(fresh_deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """The story of 100 users, and of a producer killed after 55 messages."""
    choice = choose("", "2026-10", USERS, tmp_path_factory.mktemp("usage") / "usage.csv")
    screen = io.StringIO()
    outcome = run(fresh_deployment, choice, CRASH_AT, Console(file=screen, width=200))
    return Story(choice, outcome, screen.getvalue())


@pytest.fixture(scope="session")
def deployment(fresh_deployment: Deployment, story: Story) -> Deployment:  # noqa: ARG001  # the story needs an empty inbox
    """The deployed product after the story."""
    return fresh_deployment


@pytest.fixture
def usage_file(tmp_path: Path) -> Path:
    """A place for a usage file."""
    return tmp_path / "usage.csv"
