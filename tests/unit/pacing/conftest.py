"""The office of the campaign's tests."""

import pytest

from tests.unit.pacing.office import Office


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setattr("shared.pacing.control_item.time.sleep", lambda _: None)
    return Office()
