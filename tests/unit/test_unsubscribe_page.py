"""examples/unsubscribe_page.py: a POST with a token of this stack unsubscribes its user, and nothing else does."""

import io
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.exceptions import EndpointConnectionError

from examples import unsubscribe_page
from shared.rendering.unsubscribing import token

STACK, KEY, BEFORE = "onlyonce-prod", b"key", b"the key before"


class Missing(Exception):
    """As the SDK's ResourceNotFoundException."""


class Aws:
    """Both services: a secret with its versions, and a table."""

    exceptions = type("Exceptions", (), {"ResourceNotFoundException": Missing})

    def __init__(self) -> None:
        self.versions = {"AWSCURRENT": KEY.decode()}
        self.items: list[dict[str, Any]] = []
        self.fails = False

    def get_secret_value(self, SecretId: str, VersionStage: str) -> dict[str, str]:  # as the API has it
        assert SecretId == "the-secret"
        if VersionStage not in self.versions:
            raise Missing
        return {"SecretString": self.versions[VersionStage]}

    def put_item(self, TableName: str, Item: dict[str, Any]) -> None:  # as the API has it
        if self.fails:
            raise EndpointConnectionError(endpoint_url="https://dynamodb.test")
        assert TableName == "the-table"
        self.items.append({name: value["S"] for name, value in Item.items()})


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    aws = Aws()
    monkeypatch.setattr(unsubscribe_page, "client", lambda _: aws)
    for name, value in {"STACK": STACK, "UNSUBSCRIBED_TABLE": "the-table", "UNSUBSCRIBE_SECRET": "the-secret"}.items():
        monkeypatch.setenv(name, value)
    return aws


def ask(method: str, given: str, body: bytes = b"") -> tuple[str, str]:
    """Status and page, as a web server asks for them."""
    environ = {"REQUEST_METHOD": method, "QUERY_STRING": urlencode({"token": given}), "wsgi.input": io.BytesIO(body)}
    statuses: list[str] = []
    page = b"".join(unsubscribe_page.application(environ, lambda status, _: statuses.append(status)))
    return statuses[0], page.decode()


@pytest.mark.parametrize("user_id", ["ann", "Zoë", "x" * 128])
def test_a_post_unsubscribes(aws: Aws, user_id: str) -> None:
    status, page = ask("POST", token(KEY, STACK, user_id), b"List-Unsubscribe=One-Click")
    assert status == "200 OK"
    assert "You will get no more" in page
    (item,) = aws.items
    assert (item["user_id"], item["by"], item["at"][-1], len(item["at"])) == (user_id, "recipient", "Z", 24)


def test_a_get_shows_a_button_and_changes_nothing(aws: Aws) -> None:
    status, page = ask("GET", token(KEY, STACK, "ann"))
    assert (status, aws.items) == ("200 OK", [])
    assert '<form method="post"><button>' in page


def test_a_link_of_the_key_before_is_valid_too(aws: Aws) -> None:
    aws.versions["AWSPREVIOUS"] = BEFORE.decode()
    assert ask("POST", token(BEFORE, STACK, "ann"))[0] == "200 OK"
    assert [item["user_id"] for item in aws.items] == ["ann"]


@pytest.mark.parametrize(
    "given",
    ["", "YW5u", "YW5u.x", token(BEFORE, STACK, "ann"), token(KEY, "onlyonce-eu", "ann"), token(b"", STACK, "ann")],
)
def test_what_this_stack_has_not_signed_is_refused(aws: Aws, given: str) -> None:
    assert ask("POST", given)[0] == "400 Bad Request"
    assert aws.items == []


def test_where_aws_does_not_answer_a_mailbox_shall_come_again(aws: Aws) -> None:
    aws.fails = True
    assert ask("POST", token(KEY, STACK, "ann"))[0] == "503 Service Unavailable"
