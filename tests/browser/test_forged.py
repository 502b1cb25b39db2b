"""A page of anybody else's can't drive the console, though the browser that opens it has the console's cookie."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page, expect

from local.stack.deployment import Deployment
from tests.browser.running import Running

PAUSE = "/act/pause?period=2026-10"
FORM = """<form method="post" action="{target}"><input name="reason" value="forged"><input name="form_token" value="x"></form>
<script>document.forms[0].submit()</script>"""
FETCHES = """<script>
const body = new URLSearchParams({{reason: "forged", form_token: "x"}});
const tried = ["{target}", "{held}"].map((address, number) =>
  fetch(address, number ? {{credentials: "include"}} : {{method: "POST", body, credentials: "include", mode: "no-cors"}})
    .then((answer) => answer.type === "opaque" ? "sent" : answer.text(), () => "refused"));
Promise.all(tried).then((all) => document.body.append(all.join(" ")));
</script>"""
FRAME = '<iframe src="{held}"></iframe>'


class Elsewhere:
    """Another server on this machine; under `localhost` it is another site, under 127.0.0.1 only another port."""

    def __init__(self) -> None:
        self.html = ""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = f"<!doctype html><body>{outer.html}".encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """It is silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def address(self, host: str) -> str:
        return f"http://{host}:{self.server.server_address[1]}/"


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Elsewhere]:
    found = Elsewhere()
    yield found
    found.server.shutdown()


@pytest.fixture
def victim(page: Page) -> Iterator[Page]:
    """A tab of the browser that has the cookie; what the browser says of refusals is no failure here."""
    tab = page.context.new_page()
    yield tab
    tab.close()


def is_paused(deployment: Deployment) -> bool:
    control = deployment.outputs()["ControlTableName"]
    item = deployment.client("dynamodb").get_item(TableName=control, Key={"name": {"S": "campaign"}}).get("Item", {})
    return bool(item.get("paused", {}).get("S"))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_forged_form_decides_nothing(
    victim: Page, console: Running, deployment: Deployment, elsewhere: Elsewhere, host: str
) -> None:
    elsewhere.html = FORM.format(target=console.origin + PAUSE)
    victim.goto(elsewhere.address(host))
    victim.wait_for_url(console.origin + PAUSE)
    expect(victim.locator("h1")).to_contain_text("Another page may not decide anything here")
    assert not is_paused(deployment)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_script_of_elsewhere_reads_and_decides_nothing(
    victim: Page, console: Running, deployment: Deployment, elsewhere: Elsewhere, host: str
) -> None:
    elsewhere.html = FETCHES.format(target=console.origin + PAUSE, held=f"{console.origin}/held")
    victim.goto(elsewhere.address(host))
    expect(victim.locator("body")).to_contain_text("refused")
    assert "wait for a decision" not in victim.content()
    assert not is_paused(deployment)


def test_no_other_page_frames_it(victim: Page, console: Running, elsewhere: Elsewhere) -> None:
    """Or it could lay the console under a person's pointer."""
    elsewhere.html = FRAME.format(held=f"{console.origin}/held")
    victim.goto(elsewhere.address("127.0.0.1"))
    victim.wait_for_timeout(1000)
    frame = victim.frames[1]
    assert "Held" not in frame.locator("body").inner_text()


def test_a_link_leads_here(victim: Page, console: Running, elsewhere: Elsewhere) -> None:
    """As from the inbox: the person sees the page, the page that led to it sees nothing."""
    elsewhere.html = f'<a href="{console.origin}/held">the console</a>'
    victim.goto(elsewhere.address("127.0.0.1"))
    victim.get_by_role("link").click()
    expect(victim.locator("h1")).to_contain_text("Held")


def test_a_browser_without_the_token_sees_what_to_do(page: Page, console: Running) -> None:
    assert page.context.browser
    stranger = page.context.browser.new_context().new_page()
    stranger.goto(f"{console.origin}/month/2026-10")
    expect(stranger.locator("h1")).to_contain_text("was not given the console's token")
    expect(stranger.locator("#main")).to_contain_text("Open the address")
    stranger.context.close()
