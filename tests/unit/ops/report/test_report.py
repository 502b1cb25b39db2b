"""The report of a month, from the fakes: the page, the figures, what they tell and what they leave out."""

import json
import re
import webbrowser
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ops.errors import RefusedError, UnavailableError, UnclearError, UnreadableError
from ops.report import command, sample
from ops.report.facts import Delivered
from shared.errors import StoreUnavailableError
from shared.outbox.states import Status
from shared.store import Page
from simulation.stack import PERIOD, usage_row
from simulation.world import World
from tests.unit.ops.office import Office, put
from tests.unit.ops.report.conftest import Metrics

AT = "2026-11-01T06:00:0{}.000Z"
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def page(office: Office, *words: str) -> str:
    assert office.type("report", PERIOD, "--output", "page.html", *words) == 0
    return Path("page.html").read_text()


def text(html: str) -> str:
    """What a reader sees, without the charts."""
    body = re.sub(r"<(style|svg).*?</\1>", "", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def figures(office: Office) -> dict[str, Any]:
    assert office.type("report", PERIOD, "--json") == 0
    told: dict[str, Any] = json.loads(office.shown)
    return told


def sent(world: World, metrics: Metrics) -> None:
    """A month that went well."""
    world.produce()
    world.run()
    metrics.points = {"mark_sent": [(world.now, 3.0)], "mark_delivered": [(world.now, 3.0)]}
    world.now += timedelta(hours=2)
    world.sweep()


def test_month_that_went_well(office: Office, world: World, metrics: Metrics) -> None:
    sent(world, metrics)
    seen = text(page(office))
    assert "October 2026 is sent: 100 % of 3 mails have arrived." in seen
    assert "✓ DELIVERED" in seen
    assert "Settled" in seen
    assert "Nothing: no command was needed." in seen
    assert office.shown.startswith(
        "October 2026 is sent: 100 % of 3 mails have arrived.\nSES took 3 mails of 3 messages"
    )


def test_figures_are_those_of_the_page(office: Office, world: World, metrics: Metrics) -> None:
    world.rows += [usage_row(number) for number in range(3, 30)]
    world.rows.append({**world.rows[0], "user_id": "z-nobody", "email": "no address"})
    sent(world, metrics)
    told = figures(office)
    assert (told["messages"], told["accepted"], told["arrived"], told["held"], told["over"]) == (30, 30, 30, 0, True)
    assert told["statuses"] == {"DELIVERED": 30}
    assert (told["run"]["rows"], told["run"]["produced"], told["run"]["rejected"]) == (31, 30, 1)
    assert 0 < told["delivered"]["sample"] <= 30
    assert told["accounts"]["missing"] == 0
    assert told["accounts"]["settled_at"] is not None
    assert told["sent"]["step_s"] == 60
    assert told["cost"]["dollars"] == pytest.approx(sum(one["dollars"] for one in told["cost"]["entries"]))
    assert told["before"] is None


def test_page_is_whole_and_asks_nobody_for_anything(office: Office, world: World, metrics: Metrics) -> None:
    sent(world, metrics)
    html = page(office)
    assert html.count("<svg") == 2
    assert "default-src 'none'" in html
    assert not re.search(r"<script|<img|<link(?! rel=\"icon\" href=\"data:,\")|@import|url\(\s*[\"']?http", html)
    assert len(re.findall(r' id="([^"]+)"', html)) == len(set(re.findall(r' id="([^"]+)"', html)))


def test_same_month_at_the_same_time_is_the_same_page(office: Office, world: World, metrics: Metrics) -> None:
    sent(world, metrics)
    assert page(office) == page(office)


def test_no_address_is_told(office: Office, world: World, metrics: Metrics) -> None:
    sent(world, metrics)
    put(world, "ann", Status.FAILED, last_error="BadRequestException: ann.x@example.com is no address")
    put(world, "bob", Status.CANCELLED, decision="bob@example.com asked", decided_by="eve@example.com")
    office.type("pause", "--reason", "ask ann.x@example.com", "--by", "eve@example.com")
    assert "@example.com" in page(office)
    for told in (page(office), json.dumps(figures(office))):
        assert not re.search(r"(ann\.x|bob|eve|user-\d+)@", told)


def test_what_is_held_is_told_with_what_it_takes(office: Office, world: World) -> None:
    world.produce()
    world.run()
    put(world, "ann", Status.FAILED, last_error="gave up: <b>10</b> attempts")
    put(world, "bob", Status.UNCERTAIN, last_error="the answer was lost")
    html = page(office)
    assert "October 2026 is sent, but for 2 messages that wait for a person&#39;s decision." in html
    assert "gave up: &lt;b&gt;10&lt;/b&gt; attempts" in html
    seen = text(html)
    assert "redrive, cancel" in seen
    assert "assume-sent, resend" in seen


def test_what_did_not_arrive_is_told_by_reason(office: Office, world: World) -> None:
    world.produce()
    for number, reason in enumerate(("Permanent/General", "Permanent/General", "Transient/MailboxFull")):
        put(world, f"gone-{number}", Status.BOUNCED, last_error=f"bounced: {reason}", outcome=f"{PERIOD} BOUNCED")
    put(world, "cross", Status.COMPLAINED, last_error="complained: abuse", outcome=f"{PERIOD} COMPLAINED")
    told = {one["status"]: one for one in figures(office)["reasons"]}
    assert told["BOUNCED"]["reasons"] == [["bounced: Permanent/General", 2], ["bounced: Transient/MailboxFull", 1]]
    assert told["COMPLAINED"]["reasons"] == [["complained: abuse", 1]]
    assert "bounced: Transient/MailboxFull" in text(page(office))


def test_reasons_of_many_are_of_some(office: Office, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.report.reasons.READ_AT_MOST", 2)
    world.produce()
    for number in range(5):
        put(world, f"gone-{number}", Status.BOUNCED, last_error="bounced: a/b", outcome=f"{PERIOD} BOUNCED")
    (bounced,) = figures(office)["reasons"]
    assert (bounced["number"], bounced["read"], bounced["reasons"]) == (5, 2, [["bounced: a/b", 2]])
    assert "not read: the reasons are of 2" in text(page(office))


def test_what_people_decided_is_told(office: Office, world: World) -> None:
    world.produce()
    office.type("pause", "--reason", "wrong text")
    office.type("resume")
    world.run()
    put(world, "ann", Status.FAILED)
    office.type("redrive", "ann", PERIOD, "--reason", "mended", "--by", "bob")
    told = figures(office)["decided"]
    assert [(one["what"], one["number"], one["reason"]) for one in told][::2] == [
        ("pause", 0, "wrong text"),
        ("redrive", 1, "mended"),
    ]
    seen = text(page(office))
    assert "it was paused: wrong text (user/ann)" in seen
    assert "arn:aws" not in seen


def test_pause_of_another_month_is_not_this_ones(office: Office, world: World) -> None:
    world.now -= timedelta(days=20)
    office.type("pause", "--reason", "of September")
    office.type("resume")
    world.now += timedelta(days=20)
    world.produce()
    assert figures(office)["decided"] == []


def test_pause_of_the_next_month_is_not_this_ones(office: Office, world: World) -> None:
    """October goes out in November, which has thirty days."""
    world.produce()
    world.now += timedelta(days=30)
    office.type("pause", "--reason", "of November")
    assert figures(office)["decided"] == []


def test_month_that_goes_on_is_told_so_far(office: Office, world: World) -> None:
    world.produce()
    seen = text(page(office))
    assert "so far" in seen
    assert "October 2026 is on its way: 0 % of 3 messages so far are done." in seen
    assert "… waiting" in seen
    assert "No metric tells when the mails went out." in seen
    assert figures(office)["over"] is False


def test_month_that_has_stopped_says_so(office: Office, world: World) -> None:
    world.rows += [{**world.rows[0], "user_id": f"bad-{number}", "email": "none"} for number in range(20)]
    world.produce()
    html = page(office)
    assert "October 2026 has stopped before it was produced, and waits for a person." in html
    assert "stopped for rejected" in text(html)
    assert '<div class="note bad">' in html


def test_month_that_never_was_is_no_page(office: Office) -> None:
    with pytest.raises(UnavailableError, match="2025-01 was never produced"):
        office.type("report", "2025-01")
    assert not list(Path().rglob("*.html"))


def test_month_before_stands_beside_it(office: Office, world: World, metrics: Metrics) -> None:
    put(world, "ann", Status.DELIVERED, period="2026-09")
    put(world, "bob", Status.BOUNCED, period="2026-09", outcome="2026-09 BOUNCED", last_error="bounced: x/y")
    world.produce({"period": "2026-09"})
    sent(world, metrics)
    seen = text(page(office))
    assert "Beside the month before" in seen
    assert re.search(r"messages 3 \d", seen)
    before = figures(office)["before"]
    assert before["period"] == "2026-09"
    assert before["before"] is None


def test_month_whose_items_have_expired_is_told_by_its_accounts(office: Office, world: World, metrics: Metrics) -> None:
    sent(world, metrics)
    world.now += timedelta(days=500)
    for item in world.messages():
        world.outbox_table.remove({"user_id": item["user_id"], "period": item["period"]})
    run = world.control_table.get({"name": f"run#{PERIOD}"}) or {}
    world.control_table.put({**run, "settled_statuses": {"DELIVERED": 2, "BOUNCED": 1}})
    told = figures(office)
    assert (told["expired"], told["messages"], told["delivered"]) == (True, 3, None)
    assert told["statuses"] == {"DELIVERED": 2, "BOUNCED": 1}
    assert told["reasons"] == [], "nobody knows them any more"
    assert "Its messages have begun to expire." in text(page(office))


def test_message_that_is_missing_is_bad_news(office: Office, world: World) -> None:
    world.produce()
    world.run()
    item = world.messages()[0]
    world.outbox_table.remove({"user_id": item["user_id"], "period": item["period"]})
    world.sweep()
    html = page(office)
    assert "<p>1 message that was produced is not in the outbox, or can&#39;t be read.</p>" in html
    assert '<div class="note bad">' in html


def test_what_can_not_be_read_is_named(office: Office, world: World) -> None:
    world.produce()
    world.run()
    denied = UnreadableError("get_metric_data: AccessDenied: no", "AccessDenied")
    office.aws.answer("cloudwatch", "get_metric_data", denied)
    seen = text(page(office))
    assert "What could not be read" in seen
    assert "get_metric_data: AccessDenied: no" in seen


def test_tables_that_are_unavailable_are_no_page(office: Office, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.produce()

    def fails(*_: object) -> None:
        raise StoreUnavailableError("Scan: no answer")

    monkeypatch.setattr(world.outbox_table, "scan", fails)
    with pytest.raises(StoreUnavailableError):
        office.type("report", PERIOD)


def test_sample_reads_a_few_pages_whatever_the_table_holds(
    office: Office, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.produce()
    for number in range(200):
        put(
            world,
            f"user-{number:03}",
            Status.DELIVERED,
            history={"mark_sent": AT.format(1), "mark_delivered": AT.format(3)},
        )
    scans: list[object] = []
    scan = world.outbox_table.scan

    def counted(*given: Any) -> Page:
        scans.append(given)
        return scan(*given)

    monkeypatch.setattr(world.outbox_table, "scan", counted)
    told = figures(office)["delivered"]
    assert len(scans) <= sample.STARTS * sample.PAGES
    assert 3 <= told["sample"] < 200
    assert (told["within_50_s"], told["within_99_s"]) == (2, 2)


def test_mail_that_was_confirmed_before_the_sender_knew_is_timed_from_there(office: Office, world: World) -> None:
    history = {"mark_sent": AT.format(4), "confirm": AT.format(1), "mark_delivered": AT.format(3)}
    world.produce()
    put(world, "ann", Status.DELIVERED, history=history)
    put(world, "edited", Status.DELIVERED, history={"mark_sent": "yesterday", "mark_delivered": AT.format(3)})
    told = figures(office)["delivered"]
    assert (told["sample"], told["within_50_s"]) == (1, 2)


def test_shares_of_the_sample() -> None:
    told = Delivered([1.0, 2.0, 3.0, 100.0])
    assert [told.within(share).total_seconds() for share in (0, 0.5, 0.99, 1)] == [1, 3, 100, 100]


def test_page_goes_where_it_is_said_or_into_the_folder_of_results(office: Office, world: World) -> None:
    world.produce()
    office.type("report", PERIOD)
    assert "written to .local/report-onlyonce-test-2026-10.html" in office.shown
    assert Path(".local/report-onlyonce-test-2026-10.html").exists()
    with pytest.raises(RefusedError, match="can't be written"):
        office.type("report", PERIOD, "--output", ".local")


def test_page_is_opened_if_that_is_asked(office: Office, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.produce()
    opened: list[str] = []

    def no_browser(url: str) -> bool:
        opened.append(url)
        return False

    monkeypatch.setattr(webbrowser, "open", no_browser)
    page(office)
    assert opened == []
    page(office, "--open")
    assert opened == [Path("page.html").resolve().as_uri()]
    assert "open it yourself" in office.shown


def test_figures_and_a_page_are_two_wishes(office: Office) -> None:
    with pytest.raises(UnclearError, match="--json"):
        office.type("report", PERIOD, "--json", "--open")
    assert Path(".local") == command.FOLDER
