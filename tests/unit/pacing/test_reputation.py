"""The reputation's counts, and the brake."""

from typing import Any

import pytest

from shared.errors import StoreUnavailableError
from shared.pacing.reputation import BUCKETS, KEY, WIDTHS, Harm, Reputation, Share
from simulation.fakes.table import FakeTable
from simulation.fakes.wire import Wire
from tests.unit.pacing.office import LEAD, SECOND, Office

BOUNCED, COMPLAINED = Harm.BOUNCED, Harm.COMPLAINED
LIMITS = {BOUNCED: 0.02, COMPLAINED: 0.0008}
WIDTH, REACH = WIDTHS[BOUNCED], WIDTHS[BOUNCED] * BUCKETS


def reputation(office: Office, **limits: float) -> Reputation:
    return Reputation(office.table, office.campaign(), lambda: office.now, {**LIMITS, **_named(limits)})


def _named(limits: dict[str, float]) -> dict[Harm, float]:
    return {Harm(name): limit for name, limit in limits.items()}


def send(office: Office, count: int) -> None:
    """So many mails go out, at ten a second."""
    office.campaign().reserve(count)
    office.now += (count // 10 + 5) * SECOND


def bounce(office: Office, *tickets: int, harm: Harm = BOUNCED) -> list[str | None]:
    """Each in a process of its own."""
    return [reputation(office).count(harm, ticket, f"{office.now} {ticket}") for ticket in tickets]


def counts(office: Office) -> dict[str, Any]:
    found = office.table.get(KEY) or {}
    return {name: value for name, value in found.items() if name not in ("name", "last_counted")}


@pytest.mark.parametrize(
    ("harms", "mails", "limit", "above"),
    [
        (9, 9, 0.02, False),  # too few to say anything
        (10, 10, 0.02, True),
        (10, 100, 0.02, True),
        (10, 151, 0.02, True),  # 3.02 + 4 x 1.738 = 9.97
        (10, 152, 0.02, False),  # 3.04 + 4 x 1.744 = 10.01
        (200, 10_000, 0.02, False),
        (256, 10_000, 0.02, False),
        (257, 10_000, 0.02, True),
        (80, 100_000, 0.0008, False),
        (115, 100_000, 0.0008, False),
        (116, 100_000, 0.0008, True),
        (10, 3_000, 0.0008, True),
        (10, 4_000, 0.0008, False),
    ],
)  # fmt: skip
def test_a_share_is_above_its_limit_by_more_than_chance(harms: int, mails: int, limit: float, above: bool) -> None:
    assert Share(harms, mails).above(limit) is above


def test_tickets_count_in_their_buckets(office: Office) -> None:
    send(office, 1000)
    bounce(office, 0, 199, 200, 999)
    bounce(office, 0, 999, harm=COMPLAINED)
    assert counts(office) == {"bounced_0_0": 2, "bounced_0_1": 1, "bounced_0_4": 1, "complained_0_0": 2}


def test_the_order_of_events_does_not_matter(office: Office) -> None:
    """A share is of the mails up to its ticket's bucket: what is heard first of a later one is no part of it."""
    send(office, 1000)
    assert bounce(office, *range(200, 209)) == [None] * 9
    assert bounce(office, *range(12)) == [None] * 12
    assert "13 of 200 mails bounced" in str(bounce(office, 12))


def test_it_brakes_with_the_figures_in_words(office: Office) -> None:
    send(office, 1000)
    tickets = range(0, 140, 10)
    answers = bounce(office, *tickets)
    assert [one is not None for one in answers] == [False] * 12 + [True, False], "and once"
    assert answers[12] == office.campaign().state().paused
    assert answers[12] == (
        "13 of 200 mails bounced, 6.50%: far above maxBounced, 2.00%. See docs/runbook.md, Too many mails bounce"
    )


def test_complaints_have_a_limit_and_a_reach_of_their_own(office: Office) -> None:
    send(office, 30_000)
    answers = [one or "" for one in bounce(office, *range(0, 2000, 199), harm=COMPLAINED)]
    assert "10 of 2,000 mails were complained about, 0.50%: far above maxComplained, 0.08%" in answers[9]


def test_a_month_of_a_hundred_mails_with_eleven_bad_addresses(office: Office) -> None:
    send(office, 100)
    answers = bounce(office, *range(0, 100, 10), 95)
    assert answers[9] is not None
    assert answers[9].startswith("10 of 100 mails bounced, 10.00%")


def test_mails_that_are_not_due_yet_do_not_make_a_share_smaller(office: Office) -> None:
    office.campaign().reserve(100_000)
    office.now += 12 * SECOND  # some eighty are out
    assert bounce(office, *range(9), 79)[9] is not None


def test_a_month_later_the_mails_before_still_count(office: Office) -> None:
    """By tickets, and not by months."""
    send(office, 100)
    bounce(office, *range(5))
    office.now += 30 * 86_400 * SECOND
    send(office, 100)
    assert bounce(office, *range(150, 158))[7] is not None, "13 of 200"


def test_what_was_sent_too_long_ago_counts_for_nothing(office: Office) -> None:
    send(office, REACH + WIDTH)
    bounce(office, WIDTH - 1)
    assert counts(office) == {}
    bounce(office, WIDTH)
    assert counts(office) == {"bounced_0_1": 1}


def test_a_share_reaches_so_far_and_no_further(office: Office) -> None:
    """Nine are fifty buckets before: with them, the last one would brake."""
    send(office, REACH)
    bounce(office, *range(9))
    send(office, WIDTH)
    with_low_limit = reputation(office, bounced=0.0001)
    assert with_low_limit.count(BOUNCED, REACH, "the tenth") is None
    assert with_low_limit.count(BOUNCED, REACH - 1, "the tenth in reach") is not None


def test_buckets_that_no_share_includes_any_more_are_dropped(office: Office) -> None:
    send(office, 1)
    bounce(office, 0)
    bounce(office, 0, harm=COMPLAINED)
    send(office, 2 * REACH + WIDTH - 1)
    bounce(office, 2 * REACH)
    assert counts(office) == {"bounced_0_100": 1, "complained_0_0": 1}


def test_the_item_stays_small(office: Office) -> None:
    for _ in range(400):
        send(office, WIDTH)
        issued = office.campaign().state().issued
        reputation(office, bounced=0.9, complained=0.9).count(BOUNCED, issued - 1, f"{issued}")
        reputation(office, bounced=0.9, complained=0.9).count(COMPLAINED, issued - 1, f"{issued}")
    assert len(counts(office)) <= 2 * 2 * BUCKETS + 2


def test_resume_begins_anew(office: Office) -> None:
    """At the mails that are due then, and not at those that are planned."""
    office.campaign().reserve(10_000)
    office.now += LEAD + 20 * SECOND  # two hundred are out
    assert bounce(office, *range(0, 200, 10))[12:14].count(None) == 1
    office.campaign().resume()
    since = office.campaign().state().counted_from
    assert since == 200
    assert bounce(office, 150, 199) == [None, None], "sent before: known"
    office.now += 20 * SECOND
    answers = [one or "" for one in bounce(office, *range(since, since + 13))]
    assert "13 of 200 mails bounced" in answers[12], "it goes on bouncing: it pauses again"
    assert counts(office) == {f"bounced_{since}_0": 13}


def test_a_process_that_lags_behind_drops_no_newer_counts(office: Office) -> None:
    send(office, 200)
    late = reputation(office)
    late.count(BOUNCED, 0, "first")
    office.campaign().reserve(100_000)
    ahead = reputation(office)
    office.now += 300 * SECOND
    ahead.count(BOUNCED, 3000, "second")
    office.now -= 300 * SECOND
    late.count(BOUNCED, 1, "third")
    assert counts(office) == {"bounced_0_0": 2, "bounced_0_15": 1}


def test_what_was_counted_before_resume_brakes_nothing(office: Office) -> None:
    send(office, 200)
    assert office.campaign().brake("bad addresses", counted_from=0) is True
    office.campaign().resume()
    assert office.campaign().brake("the same figures", counted_from=0) is False
    assert office.campaign().state().paused is None


def test_a_process_that_has_not_heard_of_resume_brakes_nothing_and_drops_nothing(office: Office) -> None:
    send(office, 200)
    late = reputation(office)
    late.count(BOUNCED, 0, "first")  # it knows the state for two seconds
    bounce(office, *range(1, 14))
    assert office.campaign().state().paused is not None
    office.campaign().resume()
    since = office.campaign().state().counted_from
    office.campaign().reserve(200)
    bounce(office, since)
    assert late.count(BOUNCED, 50, "thirteenth") is None
    assert office.campaign().state().paused is None
    assert counts(office) == {"bounced_0_0": 1, f"bounced_{since}_0": 1}


def test_a_paused_campaign_keeps_its_reason_and_goes_on_counting(office: Office) -> None:
    send(office, 200)
    office.campaign().pause("wrong text")
    assert bounce(office, *range(20)) == [None] * 20
    assert office.campaign().state().paused == "wrong text"
    assert counts(office) == {"bounced_0_0": 20}


def test_a_limit_of_one_never_brakes_and_costs_nothing(office: Office) -> None:
    send(office, 200)
    off = reputation(office, bounced=1.0)
    assert [off.count(BOUNCED, ticket, f"{ticket}") for ticket in range(200)] == [None] * 200
    assert counts(office) == {}


def test_many_functions_at_once_lose_no_count(office: Office) -> None:
    """An addition: nobody computes from what another may have changed."""
    send(office, 1000)
    others = reputation(office, bounced=0.9)
    office.wire.change = lambda: others.count(BOUNCED, 500, f"other {office.wire.times}")
    office.wire.times = 7
    for ticket in range(7):
        reputation(office, bounced=0.9).count(BOUNCED, ticket, f"{ticket}")
    assert counts(office) == {"bounced_0_0": 7, "bounced_0_2": 7}


def test_a_write_that_the_sdk_repeats_counts_once(office: Office) -> None:
    """Its answer was lost."""
    send(office, 100)
    for _ in range(2):
        reputation(office).count(BOUNCED, 3, "one message")
    assert counts(office) == {"bounced_0_0": 1}


def test_a_repeated_write_still_brakes(office: Office) -> None:
    send(office, 100)
    bounce(office, *range(9))
    table, wrote = office.table, office.table.write
    first = [True]

    def twice(write: Any) -> Any:
        if first and write.key == KEY:
            first.clear()
            wrote(write)
        return wrote(write)

    table.write = twice  # type: ignore[method-assign]
    assert bounce(office, 9)[0] is not None
    assert counts(office) == {"bounced_0_0": 10}


def test_before_there_is_a_campaign_nothing_can_be_counted() -> None:
    office = Office()
    office.table = FakeTable("control", ("name",), lambda: office.now, Wire())

    def no_quota() -> Any:
        raise StoreUnavailableError

    office.read_quota = no_quota  # type: ignore[method-assign]
    with pytest.raises(StoreUnavailableError):
        bounce(office, 1)


def test_the_settings_are_named_as_the_harms() -> None:
    assert [harm.setting for harm in Harm] == ["maxBounced", "maxComplained"]


def test_a_ticket_that_this_campaign_has_not_given_out_counts_for_nothing(office: Office) -> None:
    """Its record was lost, and a complaint comes about a mail of before: it must not push out what is counted now."""
    send(office, 400)
    bounce(office, *range(9))
    before = counts(office)
    assert bounce(office, 2_000_000, harm=COMPLAINED) == [None]
    assert counts(office) == before
    assert any(bounce(office, *range(10, 200, 4)))
