"""The month's page: what one look finds, and what it says where nothing can be looked at."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest

from ops.console.bar import parts
from ops.console.watch import EVERY_S, SHARE, Watch
from ops.errors import RefusedError
from ops.month.look import look
from ops.month.view import Counts, MonthView
from ops.session import Session
from shared.outbox.states import Status
from shared.periods import Period
from simulation.stack import PERIOD
from simulation.world import World
from tests.unit.ops.console.conftest import Opening, Pages
from tests.unit.ops.doctor.answers import alarm
from tests.unit.ops.office import Office, put

OCTOBER = Period.parse(PERIOD)
MONTH = f"/month/{PERIOD}"


def test_it_counts_mails_by_status(pages: Pages, world: World) -> None:
    world.produce()
    world.run()
    shown = pages.get(MONTH)
    assert "3 of 3 messages taken by SES" in shown
    assert "COMPLETED" in shown
    assert "No message of this month yet" not in shown


def test_what_is_held_leads_to_it_and_addresses_are_masked(pages: Pages, world: World) -> None:
    put(world, "ann", Status.FAILED, last_error="no such address: ann@example.com")
    assert "no such address: a***@example.com" in pages.get(MONTH)
    (leads_to,) = re.findall(r'href="(/held/group[^"]+)"', pages.html(MONTH))
    assert "1 message of 2026-10" in pages.get(unescape(leads_to))
    assert "ann@example.com" not in pages.html(MONTH)


def test_an_alarm_that_rings_leads_to_its_section(pages: Pages, office: Office) -> None:
    office.aws.answer(
        "cloudwatch", "describe_alarms", {"MetricAlarms": [{**alarm("HeldAlarm"), "StateValue": "ALARM"}]}
    )
    assert 'href="/runbook/HeldAlarm"' in pages.html(MONTH)
    assert "HeldAlarm: messages wait for a decision" in pages.get("/runbook/HeldAlarm")
    answer = pages.client.get("/runbook/HeldAlarm", follow_redirects=False)
    anchor = answer.headers["location"].partition("#")[2]
    assert f'<h3 id="{anchor}">' in pages.html("/runbook/HeldAlarm")


def test_a_pause_says_why_and_offers_to_resume(pages: Pages, office: Office) -> None:
    office.type("pause", "--reason", "wrong text")
    shown = pages.html(MONTH)
    assert "wrong text" in shown
    assert f"/act/resume?period={PERIOD}" in shown
    assert "/act/pause" not in shown


def test_a_run_that_has_stopped_offers_what_is_left(pages: Pages, world: World) -> None:
    world.rows[1] = {**world.rows[0], "total_minutes": "1"}
    world.produce()
    shown = pages.html(MONTH)
    assert "It has stopped for" in shown
    assert f"/act/accept?period={PERIOD}&amp;words=twice" in shown
    assert f"/act/again?period={PERIOD}" in shown
    assert f"/act/close?period={PERIOD}" in shown


def test_the_last_look_stays_where_aws_can_not_be_asked(open_console: Opening) -> None:
    answers = iter([look, refuse, refuse])

    def looked(session: Session, period: Period) -> MonthView:
        return next(answers)(session, period)

    pages = open_console(look=looked).enter()
    assert "AWS can&#39;t be asked" not in pages.html(MONTH)
    pages.post(f"/act/pause?period={PERIOD}", reason="x")  # looks anew after a decision
    shown = pages.get(f"{MONTH}/live")
    assert "AWS can't be asked. the line is dead" in shown
    assert "What stands below is as of 2026-11-01 06:00:00 UTC" in shown


def refuse(_: Session, __: Period) -> MonthView:
    raise RefusedError("the line is dead")


def test_a_month_that_was_never_seen_says_so(open_console: Opening) -> None:
    shown = open_console(look=refuse).enter().get(MONTH)
    assert "Nothing is known of this month yet" in shown


@pytest.mark.parametrize("period", ["2026-13", "October", "x%0Ay"])
def test_what_is_no_month_is_refused(pages: Pages, period: str) -> None:
    assert "is no period" in pages.get(f"/month/{period}", 400)


def test_another_month_is_one_field_away(pages: Pages) -> None:
    answer = pages.client.get("/month?period=2026-08", follow_redirects=False)
    assert answer.headers["location"] == "/month/2026-08"


def test_the_first_page_is_the_latest_month(pages: Pages, world: World) -> None:
    world.produce()
    assert pages.client.get("/", follow_redirects=False).headers["location"] == MONTH


class TestWatch:
    """AWS is asked once for all pages, and the longer a look takes, the rarer."""

    def test_two_pages_share_a_look(self, office: Office) -> None:
        office.aws.answer("cloudwatch", "get_metric_data", {"MetricDataResults": []})
        looks: list[Period] = []

        def looked(session: Session, period: Period) -> MonthView:
            looks.append(period)
            return look(session, period)

        watch = Watch(office.session, looked, lambda: 0.0)
        assert watch.month(OCTOBER) is watch.month(OCTOBER)
        assert looks == [OCTOBER]

    def test_a_look_takes_a_share_of_the_time(self, office: Office) -> None:
        ticks = iter([0.0, 6.0, 6.0])
        watch = Watch(office.session, refuse, lambda: next(ticks))
        assert watch.month(OCTOBER).next_in_s == max(EVERY_S, 6.0 / SHARE)

    def test_the_more_there_is_to_read_the_rarer_it_is_read(self, office: Office) -> None:
        office.aws.answer("cloudwatch", "get_metric_data", {"MetricDataResults": []})
        view = look(office.session, OCTOBER)
        million = replace(view, waiting=replace(view.waiting, everywhere=1_000_000))
        watch = Watch(office.session, lambda *_: million, lambda: 0.0)
        assert watch.month(OCTOBER).next_in_s == 50.0


class TestBar:
    def test_its_parts_fill_it(self) -> None:
        shown = parts(Counts(100, 20, {Status.DELIVERED: 70, Status.FAILED: 10}))
        assert [(part.name, part.number, part.x, part.width) for part in shown] == [
            ("DELIVERED", 70, 0, 70),
            ("FAILED", 10, 70, 10),
            ("waiting", 20, 80, 20),
        ]

    def test_one_of_a_million_is_seen(self) -> None:
        shown = parts(Counts(1_000_000, 0, {Status.DELIVERED: 999_999, Status.UNCERTAIN: 1}))
        assert shown[-1].width > 0.3
        assert sum(part.width for part in shown) <= 100.001

    def test_nothing_is_no_part(self) -> None:
        assert list(parts(Counts(0, 0, {}))) == []


def test_what_is_late_is_no_secret(open_console: Opening, office: Office) -> None:
    """The date by which all is sent, and why nothing moves."""
    office.aws.answer("cloudwatch", "get_metric_data", {"MetricDataResults": []})

    def looked(session: Session, period: Period) -> MonthView:
        found = look(session, period)
        until = found.at + timedelta(hours=3)
        return replace(found, waiting=replace(found.waiting, done_by=until, why="for claim"), counts=Counts(9, 9, {}))

    shown = open_console(look=looked).enter().get(MONTH)
    assert "Done by 09:00 2026-11-01, UTC" in shown
    assert "Why they wait: for claim" in shown
