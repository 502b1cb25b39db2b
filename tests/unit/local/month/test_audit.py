"""The demo's count must see what would be wrong: these are the ways in which it could be."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from local.month.audit import Audit, audit
from local.usage.csv_file import UsageEvent
from local.usage.expectation import Expectation, expected, latest_period
from shared.keys import to_tag
from shared.periods import Period
from shared.rendering.tags import PERIOD_TAG, USER_TAG

OCTOBER = Period.parse("2026-10")
ANN_AND_BEN = Expectation({"ann": "ann@example.com", "ben": "ben@example.com"}, {})


def _mail(user_id: str, to: str = "", period: str = "2026-10") -> dict[str, Any]:
    tags = {USER_TAG: to_tag(user_id), PERIOD_TAG: period}
    return {"To": [to or f"{user_id}@example.com"], "Tags": tags}


def _audit(*mails: dict[str, Any], failed: tuple[str, ...] = ()) -> Audit:
    return audit(mails, ANN_AND_BEN, OCTOBER, failed)


def test_one_mail_each_is_right() -> None:
    assert _audit(_mail("ann"), _mail("ben")) == Audit(sent=2, duplicates=0, lost=[], failed=[], astray=[])
    assert _audit(_mail("ann"), _mail("ben")).exactly_once


def test_a_second_mail_is_a_duplicate() -> None:
    found = _audit(_mail("ann"), _mail("ben"), _mail("ann"), _mail("ann"))
    assert (found.sent, found.duplicates, found.exactly_once) == (4, 2, False)


def test_no_mail_is_a_loss_unless_the_message_failed() -> None:
    assert _audit(_mail("ann")).lost == ["ben"]
    found = _audit(_mail("ann"), failed=("ben",))
    assert (found.lost, found.failed, found.exactly_once) == ([], ["ben"], False)


@pytest.mark.parametrize(
    "stray",
    [
        _mail("ben", to="ann@example.com"),
        _mail("carl"),
        _mail("ben", period="2026-09"),
        {"To": ["ben@example.com"], "Tags": {}},
        {"To": ["ben@example.com"]},
    ],
    ids=["another's address", "unknown user", "another period", "no tags", "never tagged"],
)
def test_a_mail_astray_is_wrong(stray: dict[str, Any]) -> None:
    found = _audit(_mail("ann"), stray)
    assert len(found.astray) == 1
    assert not found.exactly_once


def _event(user_id: str, email: str, used_at: datetime) -> UsageEvent:
    return UsageEvent(user_id, email, "phone", used_at, Decimal(1))


def test_the_latest_address_of_the_month_counts() -> None:
    first, second = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 10, 31, 23, 59, 59, 999999, tzinfo=UTC)
    november = datetime(2026, 11, 1, tzinfo=UTC)
    events = [
        _event("ann", "new@example.com", second),
        _event("ann", "old@example.com", first),
        _event("ann", "later@example.com", november),
        _event("ben", "ben@example.com", november),
    ]
    assert expected(events, OCTOBER) == Expectation({"ann": "new@example.com"}, {}, absent=1)
    assert latest_period(events) == OCTOBER.next


def test_who_cannot_be_written_to_is_rejected_with_the_reason() -> None:
    october = datetime(2026, 10, 2, tzinfo=UTC)
    found = expected([_event("ann", "", october), _event("", "ben@example.com", october)], OCTOBER)
    assert found == Expectation({}, {"ann": "email is missing", "": "user_id is missing or empty"})
    assert found.users == 2
