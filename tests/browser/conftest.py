"""A browser, and the console of a stack that is deployed on an embedded AWS of its own."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from local.stack.deployment import Deployment
from local.stack.embedded_aws import free_port
from local.stack.stack import Stack
from tests.browser import chromium, running

SLOW_MS = 20_000
"""Two cores, and other tests beside these."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium.found()
    if path is None:
        pytest.skip(chromium.MISSING)
    with chromium.started(path) as browser:
        yield browser


@pytest.fixture(scope="session")
def deployment(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:  # noqa: ARG001
    """Nothing is deployed where there is no browser."""
    stack = Stack(tmp_path_factory.mktemp("stack"))
    yield stack.up(free_port())
    stack.down()


@pytest.fixture(scope="session")
def console(deployment: Deployment) -> Iterator[running.Running]:
    found = running.start(deployment.url)
    yield found
    found.interrupt()


@pytest.fixture
def page(browser: Browser, console: running.Running) -> Iterator[Page]:
    """At the console, with its token; an error of a script or of the policy fails the test."""
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    context.set_default_timeout(SLOW_MS)
    page, errors = context.new_page(), []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(console.address)
    yield page
    context.close()
    assert errors == []
