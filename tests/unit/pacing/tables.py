"""A timetable's slots, and the time at which the tests' timetables begin."""

from collections.abc import Sequence

from shared.pacing.pace import SECOND_US
from shared.pacing.timetable import Timetable

T0 = 1_793_512_800 * SECOND_US


def slots(table: Timetable, tickets: Sequence[int]) -> list[int]:
    return [table.slot(ticket) for ticket in tickets]
