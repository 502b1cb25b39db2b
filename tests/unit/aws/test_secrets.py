"""The key of the unsubscribe links."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from shared.aws.secrets import REMEMBERED_S, SigningKey
from shared.errors import SendUnavailableError


class Secrets:
    """Gives each answer once."""

    def __init__(self, *answers: str | Exception) -> None:
        self._answers = list(answers)

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # as the API has it
        assert SecretId == "the-secret"
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return {"SecretString": answer}


def test_it_is_not_read_for_each_mail() -> None:
    key = SigningKey(Secrets("the key"), "the-secret")
    assert [key(), key()] == [b"the key", b"the key"]


def test_a_key_that_was_rotated_is_taken_up_within_minutes() -> None:
    """Of two rotations one after the other, a page would know neither the old key nor whose it was."""
    now = [0.0]
    key = SigningKey(Secrets("the key", "another"), "the-secret", lambda: now[0])
    assert key() == b"the key"
    now[0] = REMEMBERED_S - 1
    assert key() == b"the key"
    now[0] = REMEMBERED_S
    assert key() == b"another"


def test_without_it_no_mail_is_asked_for_until_it_is_there() -> None:
    answer: Any = {"Error": {"Code": "AccessDeniedException", "Message": "not authorized"}}
    denied, silent = ClientError(answer, "GetSecretValue"), EndpointConnectionError(endpoint_url="https://secrets.test")
    key = SigningKey(Secrets(denied, silent, "the key"), "the-secret")
    for _ in range(2):
        with pytest.raises(SendUnavailableError, match="the key of the unsubscribe links can't be read"):
            key()
    assert key() == b"the key"
