"""One user's mail: found, its story told, its mail shown, and why there is none."""

from typing import Any

import pytest

from shared.outbox.states import Status
from simulation.stack import PERIOD
from simulation.world import World
from tests.unit.ops.console.conftest import Pages
from tests.unit.ops.mail.result import produced
from tests.unit.ops.office import Office, item, put

HTML = "<style>p{color:red}</style><p>Hello</p><script>alert(1)</script><img src=https://example.com/seen>"
USER = "user-00001"
ONE = f"/message?user={USER}&period={PERIOD}"


@pytest.fixture
def mailed(office: Office, world: World) -> None:
    produced(office, world)

    def rendered(TemplateName: str, **_: Any) -> dict[str, str]:
        kind = "Content-Type: text/html; charset=UTF-8"
        return {"RenderedTemplate": f"Subject: Your usage, {TemplateName}\r\n{kind}\r\n\r\n{HTML}"}

    office.aws.answer("sesv2", "test_render_email_template", rendered)


@pytest.mark.usefixtures("mailed")
class TestFinding:
    def test_a_user_is_found_by_id(self, pages: Pages) -> None:
        assert f"{USER} " in pages.post("/message", sought=f" {USER} ")

    def test_a_user_is_found_by_address_which_no_page_names(self, pages: Pages, world: World) -> None:
        address = item(world, USER)["email"]
        assert USER in pages.post("/message", sought=address)
        answer = pages.client.get(f"/message?user={USER}")
        assert address not in str(answer.url)
        assert address not in answer.text

    def test_nobody_is_told_as_such(self, pages: Pages) -> None:
        shown = pages.post("/message", 404, sought="nobody@example.com")
        assert "Nobody was found" in shown
        assert "n***@example.com is in no row" in shown


@pytest.mark.usefixtures("mailed")
class TestStory:
    def test_it_is_told_from_the_beginning(self, pages: Pages, world: World) -> None:
        world.run()
        shown = pages.get(ONE)
        assert shown.index("produce → PENDING by producer") < shown.index("mark_sent → SENT by send")
        assert "Nothing: it is DELIVERED" in shown

    def test_the_address_is_masked_until_somebody_asks(self, pages: Pages, world: World) -> None:
        address = item(world, USER)["email"]
        assert address not in pages.html(ONE)
        assert address not in pages.html(f"{ONE}&mail=yes")
        assert address in pages.html(f"{ONE}&reveal=yes")

    def test_it_leads_to_the_logs_and_the_execution(self, pages: Pages, world: World) -> None:
        world.run()
        html = pages.html(ONE)
        assert "logsV2:logs-insights" in html
        assert "#/v2/executions/details/" in html


@pytest.mark.usefixtures("mailed")
class TestMail:
    FRAME = f"/message/mail?user={USER}&period={PERIOD}"

    def test_it_stands_in_a_frame_without_rights(self, pages: Pages) -> None:
        html = pages.html(f"{ONE}&mail=yes")
        assert "Your usage" in html
        assert "<script>alert" not in html
        assert html.count("sandbox title=") == 2
        assert "allow-" not in html

    def test_it_runs_nothing_and_loads_nothing(self, pages: Pages) -> None:
        answer = pages.client.get(self.FRAME)
        assert answer.text.startswith("<style>")
        rules = [rule.strip() for rule in answer.headers["content-security-policy"].split(";")]
        assert {"sandbox", "default-src 'none'", "img-src data:", "frame-ancestors 'self'"} <= set(rules)
        assert not any(rule.startswith("script-src") for rule in rules)
        assert answer.headers["x-frame-options"] == "SAMEORIGIN"

    def test_ses_is_asked_once_for_a_page_and_its_frames(self, pages: Pages, office: Office) -> None:
        pages.get(f"{ONE}&mail=yes")
        pages.html(self.FRAME)
        pages.html(self.FRAME)
        assert office.aws.asked.count(("sesv2", "test_render_email_template")) == 1

    def test_where_there_is_none_the_reason_stands(self, pages: Pages) -> None:
        assert "there is no mail to show" in pages.get(f"/message/mail?user=nobody&period={PERIOD}", 409)


class TestAbsent:
    def test_a_rejected_user_is_known_with_row_and_reason(self, pages: Pages, office: Office, world: World) -> None:
        line = '{"row": 7, "column": "email", "user_id": "ann", "reason": "email is no address"}\n'
        office.files.put_object(Key=f"rejected/{PERIOD}/1/0.jsonl", Body=line.encode())
        world.produce()
        assert "Rejected: row 7 of the query, email: email is no address." in pages.get(
            f"/message?user=ann&period={PERIOD}", 404
        )
        assert "no message rejected: row 7" in pages.get("/message?user=ann")

    @pytest.mark.usefixtures("mailed")
    def test_their_row_is_shown_where_it_is_asked_for(self, pages: Pages, world: World) -> None:
        row = world.rows[0]
        world.outbox_table.remove({"user_id": str(row["user_id"]), "period": PERIOD})
        path = f"/message?user={row['user_id']}&period={PERIOD}"
        assert "total_minutes" not in pages.get(path, 404)
        shown = pages.get(f"{path}&mail=yes", 404)
        assert "total_minutes" in shown
        assert str(row["email"]) not in shown

    def test_a_key_that_no_message_can_have_is_refused(self, pages: Pages) -> None:
        pages.get("/message?user=ann&period=October", 400)
        pages.get(f"/message?user={'x' * 200}&period={PERIOD}", 400)


def test_every_month_of_a_user_is_listed(pages: Pages, world: World) -> None:
    put(world, "ann", Status.FAILED)
    put(world, "ann", Status.DELIVERED, period="2026-09")
    shown = pages.get("/message?user=ann")
    assert shown.index("2026-10 ✗ FAILED") < shown.index("2026-09 ✓ DELIVERED")
