"""`claim` and `send` as they are deployed, with the pacer turned off: what is left is the state machine's Retry.

Goes into a copy of the zip; the functions' Handler is `unpaced.claim` and `unpaced.send` then. The product has no such
switch.
"""

from dataclasses import replace
from importlib import import_module
from typing import Any

from shared import wiring
from shared.pacing.campaign import Campaign
from shared.pacing.campaign_state import CampaignState
from shared.pacing.plan import Plan
from shared.pacing.timetable import Timetable
from shared.times import to_micros, utc_now


class Now(Timetable):
    """Every slot is now: no send waits for its own, and none comes too late."""

    def slot(self, ticket: int) -> int:  # noqa: ARG002
        return to_micros(utc_now())


class Unpaced(Campaign):
    """Plans and counts as ever, and no send keeps to it. Nor does a refusal slow anything down; so nothing backs off."""

    def reserve(self, count: int, **limits: Any) -> Plan:
        plan = super().reserve(count, **limits)
        return replace(plan, slots=(utc_now(),) * len(plan.slots))

    def recent_state(self) -> CampaignState:
        state = super().recent_state()
        return replace(state, timetable=Now(state.pace))

    def slow_down(self, *, kept_refusing: bool = False) -> None:  # noqa: ARG002
        return


vars(wiring)["Campaign"] = Unpaced  # the only place where one is made


def __getattr__(name: str) -> Any:
    """The handler of that function, which makes its campaign when it is imported: not before now, and no other's."""
    if name in ("claim", "send"):
        return import_module(f"handlers.{name}").handler
    raise AttributeError(name)
