"""The product with the pacer turned off: nobody waits for a slot, and no refusal slows anybody down."""

import importlib
import sys
from collections.abc import Iterator
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest

from handlers import claim, send
from shared import wiring
from shared.pacing.campaign import Campaign
from shared.pacing.pace import Quota
from shared.times import to_micros, utc_now
from simulation.fakes.table import FakeTable
from simulation.fakes.wire import Wire

SECOND = timedelta(seconds=1)


@pytest.fixture
def unpaced() -> Iterator[ModuleType]:
    """The module, imported anew; what it does to the wiring is undone afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(vars(wiring), "Campaign", Campaign)
        patch.delitem(sys.modules, "bench.pacing.unpaced", raising=False)
        yield importlib.import_module("bench.pacing.unpaced")


@pytest.fixture
def campaign(unpaced: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Any:
    """As the functions get it from the wiring."""
    table = FakeTable("control", ("name",), utc_now, Wire())
    monkeypatch.setattr(wiring, "table", lambda _: table)
    monkeypatch.setattr(wiring, "account_quota", lambda: Quota(1, -1))
    made = wiring.campaign.__wrapped__("control", 0.0)
    assert type(made) is unpaced.Unpaced
    return made


def test_every_slot_is_now(campaign: Any) -> None:
    plan = campaign.reserve(50)
    assert [slot for slot in plan.slots if abs(slot - utc_now()) > SECOND] == []
    assert len(plan.slots) == 50
    timetable = campaign.recent_state().timetable
    assert all(abs(timetable.slot(ticket) - to_micros(utc_now())) < 1_000_000 for ticket in plan.tickets)


def test_a_refusal_slows_nobody_down(campaign: Any) -> None:
    campaign.reserve(1)
    campaign.slow_down()
    campaign.back_off_if_slowest("refused")
    state = campaign.state()
    assert (state.pace.share, state.halted(utc_now())) == (1.0, None)


def test_the_products_own_functions_run_on_it(unpaced: ModuleType) -> None:
    assert (unpaced.claim, unpaced.send) == (claim.handler, send.handler)
