"""The report and the cost of a month, in the console."""

import pytest

from ops.errors import UnreadableError
from simulation.stack import PERIOD
from simulation.world import World
from tests.unit.ops.console.conftest import Pages
from tests.unit.ops.office import Office


@pytest.fixture(autouse=True)
def _athena_forgets(office: Office) -> None:
    office.aws.answer("athena", "get_query_execution", UnreadableError("InvalidRequestException: not found"))


def test_the_report_is_one_page_that_loads_nothing(pages: Pages, world: World) -> None:
    world.produce()
    world.run()
    assert f'href="/report/{PERIOD}"' in pages.html(f"/month/{PERIOD}")
    answer = pages.client.get(f"/report/{PERIOD}")
    assert answer.status_code == 200
    assert "Made by <code>onlyonce report 2026-10</code>" in answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy


def test_a_month_that_never_was_has_no_report(pages: Pages) -> None:
    shown = pages.client.get("/report/2025-01")
    assert shown.status_code >= 400
    assert "2025-01" in shown.text


def test_what_it_has_cost_and_will_have_cost(pages: Pages, world: World) -> None:
    world.produce()
    shown = pages.get(f"/month/{PERIOD}/cost")
    assert "Cost so far: $" in shown
    assert "Once all its messages are delivered, some $" in shown
