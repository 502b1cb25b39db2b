"""The engine under test: mended, or stock to see that every mend's test would fail without the mend.

`pytest tests/conformance` runs the mended engine. `pytest tests/conformance --engine=stock` runs MiniStack unmended
and expects every test to fail, by an assertion or by an AWS error and by nothing else.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.conformance.account import Account

HERE = Path(__file__).parent


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --engine."""
    parser.addoption("--engine", choices=("mended", "stock"), default="mended", help="which embedded AWS to test")


def engine_name(config: pytest.Config) -> str:
    """ "mended" or "stock"; "mended" also where pytest was not given this directory and knows no --engine."""
    return str(config.getoption("--engine", default="mended"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On the stock engine a conformance test that passes shows a mend that nobody needs."""
    if engine_name(config) == "stock":
        expected_to_fail = pytest.mark.xfail(strict=True, raises=(AssertionError, ClientError))
        for item in items:
            if item.path.is_relative_to(HERE):
                item.add_marker(expected_to_fail)


@pytest.fixture(scope="session")
def aws(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """An AWS account on an engine of its own, shared by the session: give everything you make a fresh name."""
    scratch = tmp_path_factory.mktemp("engine")
    account = Account(scratch, stock=engine_name(request.config) == "stock")
    yield account
    account.stop()
