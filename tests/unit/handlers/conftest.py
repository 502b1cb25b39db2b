"""What the producer's tests share."""

import pytest

from tests.unit.handlers.producing import Producing


@pytest.fixture
def produce() -> Producing:
    return Producing()


@pytest.fixture
def many() -> Producing:
    """Enough users for one bad row to be no reason to stop; five pages."""
    made = Producing(40)
    made.athena.page_rows = 10
    return made
