"""Questions to AWS: they change nothing, keep to SES's pace, and say why there is no answer."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from ops.errors import UnreadableError
from ops.questions import Questions, pages


class Client:
    """Answers each question with what it was given, or with an error."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.asked: list[str] = []

    def __getattr__(self, operation: str) -> Any:
        def answer(**given: Any) -> dict[str, Any]:
            self.asked.append(operation)
            if self.error:
                raise self.error
            return given

        return answer


class Time:
    def __init__(self) -> None:
        self.now, self.slept = 100.0, [0.0][:0]

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))
        self.now += seconds


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def ask(client: Client, time: Time) -> Questions:
    return Questions(lambda _: client, time.clock, time.sleep)


def test_an_answer(ask: Questions) -> None:
    assert ask("lambda", "get_account_settings", x=1) == {"x": 1}


@pytest.mark.parametrize("operation", ["put_email_identity", "delete_function", "send_email", "invoke", "create_topic"])
def test_what_changes_something_is_no_question(ask: Questions, client: Client, operation: str) -> None:
    with pytest.raises(ValueError, match="is no question"):
        ask("lambda", operation)
    assert client.asked == []


def test_the_same_question_goes_to_ses_once_a_second(ask: Questions, time: Time) -> None:
    for operation in ("get_account", "get_email_identity", "get_account", "get_account"):
        ask("sesv2", operation)
    assert time.slept == [1.0, 1.0]
    time.now += 0.75
    ask("sesv2", "get_account")
    assert time.slept[2:] == [0.25]
    time.now += 2
    ask("sesv2", "get_account")
    assert len(time.slept) == 3


def test_others_wait_for_nothing(ask: Questions, time: Time) -> None:
    for _ in range(3):
        ask("lambda", "get_account_settings")
    assert time.slept == []


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "ann@example.com may not"}}, "GetAccount")


@pytest.mark.parametrize(("code", "missing"), [
    ("AccessDeniedException", False), ("NotFoundException", True), ("ResourceNotFoundException", True), ("Throttling", False),
])  # fmt: skip
def test_why_there_is_no_answer(ask: Questions, client: Client, code: str, missing: bool) -> None:
    client.error = refused(code)
    with pytest.raises(UnreadableError) as unreadable:
        ask("sesv2", "get_account")
    assert str(unreadable.value) == f"get_account: {code}: a***@example.com may not"
    assert (unreadable.value.code, unreadable.value.missing) == (code, missing)


def test_no_credentials(ask: Questions, client: Client) -> None:
    client.error = NoCredentialsError()
    with pytest.raises(UnreadableError, match="get_account: Unable to locate credentials"):
        ask("sesv2", "get_account")


def test_all_pages() -> None:
    answers: dict[Any, dict[str, Any]] = {None: {"Names": [1, 2], "NextToken": "more"}, "more": {"Names": [3]}}
    given: list[dict[str, Any]] = []

    def ask(service: str, operation: str, **words: Any) -> dict[str, Any]:
        assert (service, operation) == ("cloudwatch", "describe_alarms")
        given.append(words)
        return answers[words.get("NextToken")]

    assert list(pages(ask, "cloudwatch", "describe_alarms", "Names", Prefix="x")) == [1, 2, 3]
    assert given == [{"Prefix": "x"}, {"Prefix": "x", "NextToken": "more"}]
