"""The console in a world on the fakes, and a browser that was given its token."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from starlette.testclient import TestClient

from ops.console.app import make_app
from ops.console.desk import Desk
from ops.console.gate import Pass
from tests.unit.ops.office import Office

PORT = 4580
HERE = f"http://127.0.0.1:{PORT}"
Opening = Callable[..., "Pages"]


class Pages:
    """A browser at the console: what it sends, a browser sends by itself."""

    def __init__(self, desk: Desk) -> None:
        self.given = desk.given
        self.client = TestClient(make_app(desk), base_url=HERE, headers={"sec-fetch-site": "same-origin"})

    def enter(self) -> "Pages":
        self.client.cookies.set(self.given.cookie, self.given.token)
        return self

    def get(self, path: str, status: int = 200) -> str:
        """The page, in words: its tags left out."""
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text
        return words(answer.text)

    def html(self, path: str) -> str:
        return self.client.get(path).text

    def post(self, path: str, status: int = 200, **form: str) -> str:
        """A form of this start's, sent from its own page; the page that it leads to, in words."""
        given = {"form_token": self.given.form_token, "seen": self.seen(path), **form}
        answer = self.client.post(path, data=given, headers={"origin": HERE})
        assert answer.status_code == status, answer.text
        return words(answer.text)

    def seen(self, path: str) -> str:
        """What the page that asks sends along; "" where nothing is asked."""
        found = re.search(r'name="seen" value="(\w+)"', self.html(path))
        return found[1] if found else ""


def words(html: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)))


@pytest.fixture
def open_console(office: Office) -> Opening:
    office.aws.answer("cloudwatch", "get_metric_data", {"MetricDataResults": []})

    def opened(**changes: object) -> Pages:
        given = {"by": None, "read_only": False, **changes}
        return Pages(Desk(office.session, Pass(PORT), **given))  # type: ignore[arg-type]

    return opened


@pytest.fixture
def pages(open_console: Opening) -> Pages:
    return open_console().enter()
