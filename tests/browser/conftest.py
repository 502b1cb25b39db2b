"""A browser, and the console of a stack that is deployed on an embedded AWS of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from local.month.month import Month
from local.screenshots import chromium
from local.stack.deployment import Deployment
from local.stack.embedded_aws import free_port
from local.stack.stack import Stack
from local.usage import bucket, csv_file
from local.usage.choice import UsageChoice, choose
from shared.periods import Period
from tests.browser import running

PATIENCE_MS = 30_000
"""Two cores, and other tests beside these."""
expect.set_options(timeout=PATIENCE_MS)
Load = Callable[[str, int], tuple[Month, UsageChoice]]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium.found()
    if path is None:
        pytest.skip(f"{chromium.MISSING}; no test in a browser was run")
    with chromium.started(path) as browser:
        yield browser


@pytest.fixture(scope="session")
def deployment(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:  # noqa: ARG001
    """Nothing is deployed where there is no browser."""
    stack = Stack(tmp_path_factory.mktemp("stack"))
    yield stack.up(free_port())
    stack.down()


@pytest.fixture(scope="session")
def load(deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Load:
    """Usage data of so many users for a month that is not produced yet."""

    def loaded(period: str, users: int) -> tuple[Month, UsageChoice]:
        path: Path = tmp_path_factory.mktemp("usage") / "usage.csv"
        choice = choose("", period, users, path)
        bucket.load(deployment.client("s3"), deployment.outputs()["UsageBucketName"], csv_file.read(path))
        return Month(deployment, Period.parse(period), lambda _: None), choice

    return loaded


@pytest.fixture(scope="session")
def console(deployment: Deployment) -> Iterator[running.Running]:
    found = running.start(deployment.url)
    yield found
    found.interrupt()


@pytest.fixture
def page(browser: Browser, console: running.Running) -> Iterator[Page]:
    """At the console, with its token; an error of a script or of the policy fails the test."""
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    page, errors = context.new_page(), list[str]()
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(console.address)
    yield page
    context.close()
    assert errors == []
