"""Nobody but the browser that was given the token comes in, and no page of anybody else's decides anything."""

import pytest

from shared.outbox.states import Status
from simulation.stack import PERIOD
from simulation.world import World
from tests.unit.ops.console.conftest import HERE, PORT, Opening, Pages
from tests.unit.ops.office import Office, item, put

PAGES = (
    "/",
    f"/month/{PERIOD}",
    f"/month/{PERIOD}/live",
    "/message",
    "/held",
    f"/act/pause?period={PERIOD}",
    "/said/1",
)
PAUSE = f"/act/pause?period={PERIOD}"


@pytest.mark.parametrize("path", PAGES)
def test_without_the_token_a_page_says_what_to_do_and_nothing_else(
    open_console: Opening, office: Office, path: str
) -> None:
    answer = open_console().client.get(path)
    assert answer.status_code == 403
    assert "Open the address that `onlyonce console` printed" in answer.text
    assert office.session.name not in answer.text
    assert "form" not in answer.text


@pytest.mark.parametrize("token", ["", "x", "ü"])
def test_a_wrong_token_is_none(open_console: Opening, token: str) -> None:
    pages = open_console()
    assert pages.client.get("/", params={"token": token}).status_code == 403
    pages.client.cookies.set(pages.given.cookie, token.encode("ascii", "ignore").decode())
    assert pages.client.get("/held").status_code == 403


def test_the_token_of_another_start_is_none(open_console: Opening) -> None:
    earlier, later = open_console(), open_console()
    later.client.cookies.set(later.given.cookie, earlier.given.token)
    assert later.client.get("/held").status_code == 403


def test_the_token_is_exchanged_for_a_cookie_that_no_script_and_no_other_site_has(open_console: Opening) -> None:
    pages = open_console()
    answer = pages.client.get(f"/held?token={pages.given.token}&x=1", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/held?x=1"), "the token stays in no address"
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith(f"onlyonce-{PORT}=")
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "domain" not in cookie
    assert pages.client.get("/held").status_code == 200


def test_the_token_lets_nothing_be_decided_by_itself(open_console: Opening, office: Office) -> None:
    pages = open_console()
    given = {"form_token": pages.given.form_token, "reason": "x"}
    answer = pages.client.post(f"{PAUSE}&token={pages.given.token}", data=given, headers={"origin": HERE})
    assert answer.status_code == 403
    assert office.session.paused is None


@pytest.mark.parametrize(
    "host",
    ["evil.example", f"evil.example:{PORT}", "127.0.0.1", "127.0.0.1:4581", f"127.0.0.1.evil.example:{PORT}", ""],
)
def test_another_name_leads_nowhere(pages: Pages, host: str) -> None:
    """DNS that leads a name of somebody else's to this machine (rebinding) opens nothing."""
    answer = pages.client.get("/held", headers={"host": host})
    assert answer.status_code == 421


def test_localhost_is_a_name_of_it(pages: Pages) -> None:
    assert pages.client.get("/held", headers={"host": f"localhost:{PORT}"}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://127.0.0.1:4566"},
        {"origin": f"http://localhost:{PORT}"},
        {"origin": f"https://127.0.0.1:{PORT}"},
        {"origin": "null"},
        {},
        {"origin": HERE, "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"},
        {"origin": HERE, "sec-fetch-site": "same-site", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"},
    ],
)
def test_a_form_of_elsewhere_decides_nothing(pages: Pages, office: Office, headers: dict[str, str]) -> None:
    """Not even one that has somehow learned the form's token."""
    given = {"form_token": pages.given.form_token, "reason": "x"}
    answer = pages.client.post(PAUSE, data=given, headers=headers)
    assert answer.status_code == 403
    assert office.session.paused is None


@pytest.mark.parametrize("path", [PAUSE, "/message"])
@pytest.mark.parametrize("form_token", [None, "", "x"])
def test_a_form_without_its_token_decides_nothing(
    pages: Pages, office: Office, path: str, form_token: str | None
) -> None:
    given = {"reason": "x", "sought": "ann", **({} if form_token is None else {"form_token": form_token})}
    answer = pages.client.post(path, data=given, headers={"origin": HERE})
    assert answer.status_code == 403
    assert office.session.paused is None


def test_no_get_decides_anything(pages: Pages, office: Office, world: World) -> None:
    put(world, "ann", Status.FAILED)
    before = item(world, "ann")
    pages.get(f"{PAUSE}&reason=x&form_token={pages.given.form_token}")
    pages.get(f"/act/cancel?user=ann&period={PERIOD}&reason=x&form_token={pages.given.form_token}")
    assert office.session.paused is None
    assert item(world, "ann") == before


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script"}, 403),
        ({"sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"}, 403),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"}, 403),
        ({"sec-fetch-site": "same-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}, 200),
        ({"sec-fetch-site": "none", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}, 200),
    ],
)
def test_another_page_may_lead_here_and_not_read_or_frame(pages: Pages, headers: dict[str, str], status: int) -> None:
    assert pages.client.get("/held", headers=headers).status_code == status


@pytest.mark.parametrize("path", [*PAGES, "/static/style.css", "/nowhere", f"/month/{PERIOD}?token=x"])
def test_every_answer_is_hardened(pages: Pages, path: str) -> None:
    headers = pages.client.get(path, follow_redirects=False).headers
    rules = {name: given for name, *given in map(str.split, headers["content-security-policy"].split(";"))}
    assert rules.pop("img-src") == ["'self'", "data:"]
    nothing = ("default-src", "frame-ancestors", "base-uri")
    own = ("script-src", "style-src", "connect-src", "frame-src", "form-action")
    assert rules == {**{name: ["'none'"] for name in nothing}, **{name: ["'self'"] for name in own}}
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("path", PAGES)
def test_no_page_needs_what_its_policy_forbids(pages: Pages, world: World, path: str) -> None:
    put(world, "ann", Status.FAILED)
    html = pages.html(path)
    assert "<style" not in html
    assert " style=" not in html
    assert "<script>" not in html
    assert " onclick=" not in html
    assert "hx-on" not in html


@pytest.mark.parametrize("name", ["../app.py", "..%2Fapp.py", "nothing.js", "%2Fetc%2Fpasswd"])
def test_no_other_file_is_served(pages: Pages, name: str) -> None:
    assert pages.client.get(f"/static/{name}").status_code == 404


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x>', "{{ 7 * 7 }}"])
def test_what_messages_say_becomes_no_html(pages: Pages, world: World, text: str) -> None:
    put(world, text, Status.FAILED, last_error=text)
    for path in (f"/month/{PERIOD}", "/held", f"/message?user={text}", f"/message?user={text}&period={PERIOD}"):
        html = pages.html(path)
        assert "<script>alert" not in html
        assert "<img" not in html
        assert ">49<" not in html


class TestReadOnly:
    """The server takes no decision, whatever is sent to it."""

    @pytest.mark.parametrize(
        "name", ["pause", "resume", "redrive", "resend", "cancel", "assume_sent", "begin", "halt", "close"]
    )
    def test_there_is_no_address_that_decides(self, open_console: Opening, office: Office, name: str) -> None:
        pages = open_console(read_only=True).enter()
        path = f"/act/{name}?period={PERIOD}&user=ann"
        assert pages.client.get(path).status_code == 404
        pages.post(path, 404, reason="x", accept="yes", typed=PERIOD)
        assert office.session.paused is None
        assert office.produced == []

    def test_no_page_offers_a_decision(self, open_console: Opening, world: World) -> None:
        put(world, "ann", Status.FAILED)
        pages = open_console(read_only=True).enter()
        for path in (f"/month/{PERIOD}", f"/message?user=ann&period={PERIOD}", "/held"):
            assert "/act/" not in pages.html(path)
            assert "read only" in pages.get(path)
