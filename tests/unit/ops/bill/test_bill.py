"""The bill: expected, and so far, by what AWS tells."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ops.bill import prices
from ops.bill.bill import Bill, expected, plan_of, sending_of, so_far
from ops.bill.entries import ALARMS, INVOKED, LAPS, LOGGED, MOVED, READ, SWEEPING, SWEPT, TIME, WRITTEN, Entry
from ops.bill.prices import GB, Price
from ops.bill.units import TRANSITIONS, Sending
from ops.doctor.deployed import Deployed
from ops.errors import UnreadableError
from ops.month.view import CampaignView, Counts, MonthView, Waiting
from shared.outbox.states import Status
from shared.periods import Period
from simulation.stack import PERIOD
from simulation.world import World
from tests.drift.documents import ROOT
from tests.unit.ops.doctor.answers import DENIED
from tests.unit.ops.office import Office

MATURE = Sending(180, 900_000)
AT = datetime(2026, 11, 2, 7, 30, tzinfo=UTC)


def by_name(bill: Bill) -> dict[str, Entry]:
    return {one.name: one for one in bill.entries}


def view(*, at: datetime = AT, **statuses: int) -> MonthView:
    counted = {Status(name): number for name, number in statuses.items()}
    campaign = CampaignView("running", "", None, None, 12.6, 12.6, None, 45_000, 0, 0, None, 0, None)
    return MonthView(
        "onlyonce-test", Period.parse(PERIOD), at, None, Counts(sum(counted.values()), 0, counted), campaign,
        Waiting(0, "", None), (), 0, (), None,
    )  # fmt: skip


def tell(office: Office, told: dict[str, list[float]]) -> list[dict[str, Any]]:
    """CloudWatch knows the metrics of these names; gives what it was asked."""
    asked: list[dict[str, Any]] = []

    def answer(MetricDataQueries: list[Any], **given: Any) -> dict[str, Any]:  # the SDK's names
        asked.append({"queries": MetricDataQueries, **given})
        return {
            "MetricDataResults": [
                {"Id": one["Id"], "Values": told.get(one["MetricStat"]["Metric"]["MetricName"], [])}
                for one in MetricDataQueries
            ]
        }

    office.aws.answer("cloudwatch", "get_metric_data", answer)
    return asked


@pytest.fixture(autouse=True)
def _athena_forgets(office: Office) -> None:
    office.aws.answer("athena", "get_query_execution", UnreadableError("InvalidRequestException: not found"))
    tell(office, {})


def test_every_price_is_a_fact_with_its_page_and_day() -> None:
    facts = dict(re.findall(r"^\| ([a-z0-9-]+) \| (.+)$", (ROOT / "docs/aws-facts.md").read_text(), re.MULTILINE))
    table = [one for one in vars(prices).values() if isinstance(one, Price)]
    table += [*prices.SES_MAIL.values(), *prices.SES_PLAN.values()]
    assert len(table) > 20
    for price in table:
        fact = facts[price.fact]
        assert "https://aws.amazon.com/" in fact
        assert re.search(r"Read on 20\d\d-\d\d-\d\d", fact), price.fact


def test_dollars_stand_in_the_table_alone() -> None:
    for path in (ROOT / "ops").rglob("*.py"):
        if path.name not in ("prices.py", "links.py"):  # of links, "$25" is an escaped percent sign
            assert not re.search(r"\$\s?[0-9]", path.read_text()), path


def test_a_million_mails_cost_what_ses_asks_and_a_little_more() -> None:
    bill = expected(1_000_000, MATURE)
    items = by_name(bill)
    assert items["SES: mails"].dollars == 100
    assert items[MOVED].dollars == pytest.approx(50 / MATURE.size)
    assert by_name(expected(1_000_000, Sending(180, 900_000, batch=1)))[MOVED].dollars == 50
    assert items[WRITTEN].dollars == pytest.approx(4.375, abs=0.001)
    assert bill.total == pytest.approx(sum(one.dollars for one in bill.entries))
    assert 115 < bill.total < 145


def test_plan_of_the_account_counts() -> None:
    assert by_name(expected(1000, Sending(1, None, plan="ESSENTIALS")))["SES: mails"].dollars == pytest.approx(0.16)
    pro = by_name(expected(1000, Sending(1, None, plan="PRO")))
    assert pro["SES: mails"].dollars == pytest.approx(0.22)
    assert pro["SES: the plan"].dollars == 105
    assert by_name(expected(1000, Sending(1, None, plan="A NEW ONE")))["SES: mails"].dollars == pytest.approx(0.10)


def test_query_that_was_asked_costs_what_it_read_and_ten_megabytes_at_least() -> None:
    read = by_name(expected(1000, MATURE, scanned_bytes=2.0**40))["Athena: read by the query"]
    assert (read.dollars, read.measured) == (5, True)
    assert by_name(expected(1000, MATURE, scanned_bytes=1))["Athena: read by the query"].quantity == 10 / 1024


def test_nothing_is_expected_of_no_message_but_what_stands_there() -> None:
    bill = expected(0, MATURE)
    assert sum(one.dollars for one in bill.entries if not one.standing) == pytest.approx(0, abs=0.001)
    assert sum(one.dollars for one in bill.entries if one.standing) > 10


def test_alarms_are_as_many_as_are_deployed() -> None:
    assert len(re.findall(r"^\w+Alarm:", (ROOT / "deploy/alarms.yml").read_text(), re.MULTILINE)) == ALARMS


def test_mails_are_those_that_ses_accepted(office: Office) -> None:
    bill = so_far(office.session, view(DELIVERED=900, BOUNCED=60, SUPPRESSED=20, SENT=15, FAILED=4, CANCELLED=1))
    item = by_name(bill)["SES: mails"]
    assert (item.quantity, item.measured) == (995, True)
    assert item.dollars == pytest.approx(0.0995)


def test_without_metrics_all_else_is_expected(office: Office) -> None:
    bill = so_far(office.session, view(DELIVERED=1000))
    assert {one.name for one in bill.entries if one.measured} == {"SES: mails"}
    sending = sending_of(Deployed.of(office.session), view().campaign)
    assert {one.name for one in bill.entries} == {one.name for one in expected(1000, sending).entries}


def test_what_metrics_tell_counts_and_is_counted_once(office: Office) -> None:
    tell(office, {
        "ConsumedWriteCapacityUnits": [600_000.0, 400_000.0], "ConsumedReadCapacityUnits": [1e6], "Invocations": [1000.0],
        "Duration": [60_000.0], "ExecutionsStarted": [500.0], "IncomingBytes": [GB / 5],
    })  # fmt: skip
    office.aws.change("dynamodb", "describe_table", Table={"GlobalSecondaryIndexes": [{"IndexName": "unfinished"}]})
    items = by_name(so_far(office.session, view(DELIVERED=1000)))
    assert {name for name, one in items.items() if one.measured} == {
        "SES: mails", WRITTEN, READ, INVOKED, TIME, MOVED, LOGGED, "CloudWatch: logs kept",
    }  # fmt: skip
    assert not {LAPS, SWEPT, SWEEPING} & set(items)
    assert items[WRITTEN].quantity == 3 * 1_000_000  # outbox, its index, control
    assert items[INVOKED].quantity == 5 * 1000
    assert items[TIME].quantity == pytest.approx(60 * (2 * 256 + 512 + 2 * 1769) / 1024)
    assert items[MOVED].quantity == 500 * TRANSITIONS
    assert items[LOGGED].dollars == pytest.approx(0.50)


def test_asking_costs_less_than_a_tenth_of_a_cent_and_is_said(office: Office) -> None:
    asked = tell(office, {})
    bill = so_far(office.session, view(DELIVERED=1000))
    (question,) = asked
    number = len(question["queries"])
    assert prices.METRIC_ASKED.of(number) < 0.001
    assert f"{number} metrics, which costs ${prices.METRIC_ASKED.of(number):.5f}" in bill.note
    assert "An estimate, not an invoice" in bill.note


def test_metrics_are_asked_for_the_month_of_sending_in_whole_hours(office: Office) -> None:
    asked = tell(office, {})
    so_far(office.session, view(DELIVERED=1))
    so_far(office.session, view(at=AT + timedelta(days=100), DELIVERED=1))
    start = Period.parse(PERIOD).ends_at
    assert [(one["StartTime"], one["EndTime"]) for one in asked] == [
        (start, AT),
        (start, datetime(2026, 12, 1, tzinfo=UTC)),
    ]
    assert {one["MetricStat"]["Period"] for one in asked[0]["queries"]} == {3600}


def test_every_page_of_metrics_is_read(office: Office) -> None:
    def answer(MetricDataQueries: list[Any], NextToken: str = "", **_: Any) -> dict[str, Any]:
        starts = [
            one["Id"] for one in MetricDataQueries if one["MetricStat"]["Metric"]["MetricName"] == "ExecutionsStarted"
        ]
        more = {} if NextToken else {"NextToken": "2"}
        return {"MetricDataResults": [{"Id": starts[0], "Values": [10.0]}], **more}

    office.aws.answer("cloudwatch", "get_metric_data", answer)
    assert by_name(so_far(office.session, view(SENT=1)))[MOVED].quantity == 20 * TRANSITIONS


def test_what_the_query_read_is_asked_of_athena(office: Office, world: World) -> None:
    world.produce()
    told = {"QueryExecution": {"Statistics": {"DataScannedInBytes": 2**40}}}
    office.aws.answer("athena", "get_query_execution", told)
    items = by_name(so_far(office.session, view(SENT=1)))
    assert (items["Athena: read by the query"].dollars, items["Athena: read by the query"].measured) == (5, True)


@pytest.mark.parametrize("told", [{}, {"Statistics": {}}])
def test_query_that_runs_is_expected_to_read_as_much_as_the_sample_does(
    office: Office, world: World, told: dict[str, Any]
) -> None:
    world.produce()
    office.aws.answer("athena", "get_query_execution", {"QueryExecution": told})
    assert not by_name(so_far(office.session, view(SENT=1)))["Athena: read by the query"].measured


def test_what_may_not_be_read_is_expected(office: Office) -> None:
    for question in office.aws.questions():
        office.aws.answer(*question, DENIED)
    bill = so_far(office.session, view(DELIVERED=10))
    assert {one.name for one in bill.entries if one.measured} == {"SES: mails"}


def test_sending_is_as_deployed(office: Office) -> None:
    variables = {"SEND_BATCH_SIZE": "1", "RETENTION_DAYS": "60"}
    office.aws.change("lambda", "get_function_configuration", Environment={"Variables": variables})
    office.aws.change("sesv2", "get_account", PricingAttributes={"CurrentPlan": "ESSENTIALS"})
    sending = sending_of(Deployed.of(office.session), view().campaign)
    assert (sending.batch, sending.retention, sending.plan) == (1, timedelta(days=60), "ESSENTIALS")
    assert (sending.rate, sending.daily) == (12.6, 45_000)
    assert sending_of(Deployed.of(office.session), None).rate == 0


def test_account_whose_plan_nobody_tells_has_none(office: Office) -> None:
    assert plan_of(office.session.read) == "NONE"
