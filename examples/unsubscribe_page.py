"""A page to unsubscribe on, whole: a WSGI application, for any web server of your own. It needs boto3 and nothing of onlyonce.

The stack's outputs say what stands in the environment: STACK (onlyonce-STAGE), UNSUBSCRIBED_TABLE (UnsubscribedTableName),
UNSUBSCRIBE_SECRET (UnsubscribeSecretArn). Try it with `python -m wsgiref.simple_server`, or serve it with what you have.
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qs

import boto3
from botocore.exceptions import BotoCoreError, ClientError

BUTTON = '<form method="post"><button>Unsubscribe</button></form>'
DONE = "<p>You will get no more of these mails.</p>"
UNKNOWN = "<p>This link is not valid. It may be incomplete: please take it from the mail once more.</p>"
LATER = "<p>That did not work. Please try again in a minute.</p>"


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """GET shows a button, because scanners follow links. POST unsubscribes: the button, or a mailbox's one click (RFC 8058)."""
    token = parse_qs(environ.get("QUERY_STRING", "")).get("token", [""])[0]
    try:
        user_id = user_of(token)
        if user_id is None:
            status, page = "400 Bad Request", UNKNOWN
        elif environ["REQUEST_METHOD"] == "POST":
            leave(user_id)
            status, page = "200 OK", DONE
        else:
            status, page = "200 OK", BUTTON
    except (BotoCoreError, ClientError):  # a mailbox repeats it
        status, page = "503 Service Unavailable", LATER
    headers = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-store"),
    ]
    start_response(status, headers)
    return [f'<!doctype html><html lang="en"><title>Unsubscribe</title>{page}</html>'.encode()]


def user_of(token: str) -> str | None:
    """The user whom a token of this stack names; None: nobody has signed it."""
    named, _, signature = token.partition(".")
    try:
        user_id = base64.b64decode(named + "=" * (-len(named) % 4), altchars=b"-_", validate=True).decode()
    except ValueError:
        return None
    if not user_id:
        return None
    text = f"{os.environ['STACK']}\n{user_id}".encode()
    for stage in ("AWSCURRENT", "AWSPREVIOUS"):
        key = key_of(stage)
        made = base64.urlsafe_b64encode(hmac.digest(key, text, hashlib.sha256)).rstrip(b"=")
        if key and hmac.compare_digest(made, signature.encode()):
            return user_id
    return None


def key_of(stage: str) -> bytes:
    """What tokens were signed with; b"" if it was never rotated. Cache it for some minutes where many people come."""
    secrets = client("secretsmanager")
    try:
        answer = secrets.get_secret_value(SecretId=os.environ["UNSUBSCRIBE_SECRET"], VersionStage=stage)
    except secrets.exceptions.ResourceNotFoundException:
        if stage == "AWSCURRENT":
            raise
        return b""
    return str(answer["SecretString"]).encode()


def leave(user_id: str) -> None:
    """Safe to repeat. In place of this you may tell your own database, which your query.sql then excludes."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    said = {"user_id": user_id, "at": now, "by": "recipient", "reason": "the link in the mail"}
    client("dynamodb").put_item(
        TableName=os.environ["UNSUBSCRIBED_TABLE"], Item={name: {"S": text} for name, text in said.items()}
    )


@cache
def client(service: str) -> Any:
    return boto3.client(service)  # type: ignore[call-overload]
