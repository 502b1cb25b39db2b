"""Which page goes into which file of docs."""

import io
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, FloatRect, Locator, Page

from local.screenshots.month import PERIOD
from local.stack import engine_pages
from local.stack.embedded_aws import ROOT
from shared.keys import to_tag
from shared.rendering.tags import USER_TAG

DOCS = ROOT / "docs"
WIDTH, MAIL_WIDTH = 1200, 640
MAX_BYTES = 300_000
_MARGIN = 16
_COLOURS = 128
"""Enough for pages of few colours, and a third of the bytes."""


class PictureError(Exception):
    """A picture is larger than a README should load."""


def of_month(browser: Browser, console: str) -> Path:
    page = _page(browser, WIDTH)
    page.goto(console)
    page.get_by_text("taken by SES").first.wait_for()
    page.locator("section[aria-label='Cost so far'] p", has_text="being reckoned").wait_for(state="detached")
    return _taken(page, "console.png", page.locator("section", has_text="Held, by reason"))


def of_message(browser: Browser, console: str, user: str) -> Path:
    page = _page(browser, WIDTH)
    page.goto(console)
    page.goto(f"{_origin(console)}/message?user={user}&period={PERIOD}&mail=yes")
    page.get_by_role("heading", name="What happened").wait_for()
    return _taken(page, "message.png")


def of_mail(browser: Browser, url: str, user: str) -> Path:
    page = _page(browser, MAIL_WIDTH)
    page.goto(f"{url}/_onlyonce/mail/{_mail(url, user)['MessageId']}/html")
    return _taken(page, "mail.png")


def of_run(browser: Browser, address: str) -> Path:
    """A run of the DAG that is over, as Airflow shows it."""
    page = _page(browser, WIDTH)
    page.goto(address)
    page.get_by_text("settle").first.wait_for()
    page.wait_for_load_state("networkidle")
    return _taken(page, "airflow.png")


def _page(browser: Browser, width: int) -> Page:
    """Twice as fine as the screen, light, and as high as it turns out to need."""
    return browser.new_page(
        viewport={"width": width, "height": 600}, device_scale_factor=2, color_scheme="light", reduced_motion="reduce"
    )


def _taken(page: Page, name: str, last: Locator | None = None) -> Path:
    """The page, or what there is down to `last`. Raises PictureError."""
    path = DOCS / name
    _show_whole(page)
    box = last.bounding_box() if last else None
    clip: FloatRect | None = (
        {"x": 0, "y": 0, "width": WIDTH, "height": box["y"] + box["height"] + _MARGIN} if box else None
    )
    taken = Image.open(io.BytesIO(page.screenshot(animations="disabled", clip=clip)))
    page.close()
    taken.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    if (size := path.stat().st_size) > MAX_BYTES:
        raise PictureError(f"{path} has {size:,} bytes; {MAX_BYTES:,} are enough")
    return path


def _show_whole(page: Page) -> None:
    """What stands in frames is loaded once it is in sight."""
    page.set_viewport_size(
        {"width": page.evaluate("innerWidth"), "height": page.evaluate("document.body.scrollHeight")}
    )
    for frame in page.frames:
        frame.wait_for_load_state("load")
        frame.locator("body > *").first.wait_for(state="attached")


def _mail(url: str, user: str) -> dict[str, Any]:
    return next(mail for mail in engine_pages.mails(url) if mail["Tags"][USER_TAG] == to_tag(user))


def _origin(address: str) -> str:
    return address.partition("/?")[0]
