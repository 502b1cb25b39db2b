"""What the outbox holds against what the usage data tells."""

from bench.producer.embedded import Production, compared
from local.usage.expectation import Expectation
from shared.periods import Period

OCTOBER = Period.parse("2026-10")
EXPECTED = Expectation(mails={"ann": "ann@example.com", "bob": "bob@example.com"}, rejected={"eve": "no email"})


def message(user_id: str, period: str = "2026-10", email: str | None = None) -> dict[str, str]:
    return {"user_id": user_id, "period": period, "email": email or f"{user_id}@example.com"}


def test_everybody_has_her_message() -> None:
    assert compared([message("bob"), message("ann")], EXPECTED, OCTOBER) == (0, 0)


def test_who_has_none_is_missing() -> None:
    assert compared([message("ann")], EXPECTED, OCTOBER) == (1, 0)
    assert compared([], EXPECTED, OCTOBER) == (2, 0)


def test_what_is_for_nobody_is_astray() -> None:
    others = [message("eve"), message("ann", "2026-09")]
    assert compared([message("ann"), message("bob"), *others], EXPECTED, OCTOBER) == (0, 2)


def test_a_message_to_another_address_is_astray_and_its_user_has_none() -> None:
    assert compared([message("ann"), message("bob", email="ann@example.com")], EXPECTED, OCTOBER) == (1, 1)
    without = {"user_id": "bob", "period": "2026-10"}
    assert compared([message("ann"), without], EXPECTED, OCTOBER) == (1, 1)


def test_the_figures_have_names_of_their_own() -> None:
    production = Production(rows=20_000, seconds=80.04, messages=19_999, missing=2, astray=1, uncounted=3)
    assert production.figures == {
        "embedded_rows": 20_000, "embedded_seconds": 80.0, "embedded_rows_per_second": 249.9,
        "embedded_missing": 2, "embedded_astray": 1, "embedded_uncounted": 3,
    }  # fmt: skip
