"""The campaign's control item: what is written is what is read, by every version of the code that meets it."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.pacing.campaign_state import CampaignState, Lane, campaign_state, quota_attributes, timetable_attributes
from shared.pacing.pace import Pace, Quota
from shared.pacing.timetable import Leg, Timetable

AT = datetime(2026, 11, 1, 6, tzinfo=UTC)
TABLE = {
    "rate": 12.6, "daily": 45_000, "share": 0.7, "slowed_at_us": 11, "cut": 12, "cut_us": 13,
    "legs": [[1, 2, 3, 4], [5, 6, 7, 8]],
}  # fmt: skip
QUOTA = {"max_send_rate": 14, "max_24_hour_send": 50_000}
BEGUN = {**TABLE, **QUOTA, "issued": 21, "revision": 22, "paused": ""}
WHOLE = {
    **BEGUN, "paused": "why", "backs_off_until": "2026-11-01T07:00:00.000Z", "back_off_reason": "SES is down",
    "streamed_up_to": "2026-11-01T08:00:00.000Z", "probed_at": "2026-11-01T09:00:00.000Z",
    "resumed_at": "2026-11-01T10:00:00.000Z", "raised_at": "2026-11-01T09:30:00.000Z",
    "fed_for": "2026-11-01T11:00:00.000Z", "late": 31, "lane_cut": 32,
    "lane_cut_us": 33, "late_run": 34, "late_first": 35, "gave_way": 36, "gave_way_since_us": 37, "refused": 41,
    "refused_at_us": 38,
    "wake_late_us": 39, "counted_from": 40,
}  # fmt: skip
TIMETABLE = Timetable(Pace(12.6, 45_000, 0.7, 11), 12, 13, (Leg(1, 2, 3, 4), Leg(5, 6, 7, 8)))


def test_what_only_a_later_release_knows_is_passed_over() -> None:
    assert campaign_state({**WHOLE, "more": 1}) == campaign_state(WHOLE)


def test_every_attribute_is_read() -> None:
    assert campaign_state(WHOLE) == CampaignState(
        timetable=TIMETABLE,
        issued=21,
        revision=22,
        quota=Quota(14, 50_000),
        paused="why",
        backs_off_until=AT + timedelta(hours=1),
        back_off_reason="SES is down",
        streamed_up_to=AT + timedelta(hours=2),
        probed_at=AT + timedelta(hours=3),
        resumed_at=AT + timedelta(hours=4),
        raised_at=AT + timedelta(hours=3, minutes=30),
        fed_for=AT + timedelta(hours=5),
        lane=Lane(31, 32, 33),
        late_run=34,
        late_first=35,
        gave_way=36,
        gave_way_since_us=37,
        refused=41,
        refused_at_us=38,
        wake_late_us=39,
        counted_from=40,
    )


def test_what_nothing_has_happened_to_yet() -> None:
    assert campaign_state(BEGUN) == CampaignState(
        timetable=TIMETABLE, issued=21, revision=22, quota=Quota(14, 50_000), paused=None, backs_off_until=None,
        back_off_reason="", streamed_up_to=None, probed_at=None, resumed_at=None, raised_at=None, fed_for=None,
        lane=Lane(0, 0, 0),
        late_run=0, late_first=0, gave_way=0, gave_way_since_us=0, refused=0, refused_at_us=0, wake_late_us=0, counted_from=0,
    )  # fmt: skip


@pytest.mark.parametrize("daily", [-1, 0, 45_000])
def test_a_timetable_and_a_quota_are_written_as_they_are_read(daily: int) -> None:
    state = campaign_state({**BEGUN, "daily": daily})
    assert state.pace.daily == (None if daily < 0 else daily)
    assert timetable_attributes(state.timetable) == {**TABLE, "daily": daily}
    assert quota_attributes(state.quota) == QUOTA


def test_a_back_off_ends_at_its_moment() -> None:
    until = AT + timedelta(hours=1)
    state = campaign_state({**WHOLE, "paused": ""})
    assert state.halted(until - timedelta(milliseconds=1)) == "SES is down"
    assert state.halted(until) is None
    assert campaign_state(WHOLE).halted(until) == "why", "a pause does not"
