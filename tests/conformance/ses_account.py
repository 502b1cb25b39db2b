"""An AWS account of its own for each SES test: no test reaches the quotas or the events of another."""

import json
import random
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any, NamedTuple

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.conformance.account import Account, eventually, fresh

REGION = "us-east-1"
SENDER = "sender@example.com"
RECIPIENT = "user@example.com"


class Refusal(NamedTuple):
    """How AWS refuses: HTTP status, error code and message."""

    status: int
    code: str
    message: str


def refusal(operation: Callable[..., object], *positional: object, **request: object) -> Refusal:
    """The refusal of an operation that must be refused; AssertionError if it was accepted."""
    try:
        operation(*positional, **request)
    except ClientError as error:
        response: Any = error.response
        status, details = response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]
        return Refusal(status, details["Code"], details["Message"])
    raise AssertionError(f"accepted: {request or positional}")


class SesAccount:
    """Clients of one account, in which example.com is verified, and what the tests share."""

    def __init__(self, aws: Account, account_id: str | None = None) -> None:
        self.url = aws.url
        self.id = account_id or str(random.randrange(10**11, 10**12))
        self.v2 = self.client("sesv2")
        self.v1 = self.client("ses")
        self.v2.create_email_identity(EmailIdentity="example.com")
        self.v1.verify_domain_identity(Domain="example.com")

    def client(self, service: str) -> Any:
        """A boto3 client of this account: MiniStack takes a 12-digit access key for the account's number."""
        clients: Any = boto3
        return clients.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=self.id,
            aws_secret_access_key="local",
            config=Config(retries={"total_max_attempts": 1}),
        )

    def template(self, subject: str = "Usage", **parts: str) -> str:
        """The name of a new template; `parts` are Text and Html."""
        name = fresh("template")
        self.v2.create_email_template(
            TemplateName=name, TemplateContent={"Subject": subject, **(parts or {"Text": "Hello"})}
        )
        return name

    def send(self, to: str = RECIPIENT, **request: Any) -> str:
        """The message id of a SendEmail; `request` replaces or adds members."""
        simple = {"Simple": {"Subject": {"Data": "Usage"}, "Body": {"Text": {"Data": "Hello"}}}}
        defaults = {"FromEmailAddress": SENDER, "Destination": {"ToAddresses": [to]}, "Content": simple}
        return str(self.v2.send_email(**{**defaults, **request})["MessageId"])

    def send_template(self, name: str, data: Any, to: str = RECIPIENT, **request: Any) -> str:
        """The message id of a SendEmail with a stored template; `data` that is no text is sent as JSON."""
        text = data if isinstance(data, str) else json.dumps(data)
        return self.send(to, Content={"Template": {"TemplateName": name, "TemplateData": text}}, **request)

    def inbox(self, **query: str) -> list[dict[str, Any]]:
        """This account's mails, oldest first."""
        parameters = "&".join(f"{name}={value}" for name, value in {"account": self.id, **query}.items())
        with urllib.request.urlopen(f"{self.url}/_ministack/ses/messages?{parameters}") as answer:
            mails: list[dict[str, Any]] = json.load(answer)["messages"].get(self.id, [])
        return mails

    def mail(self, message_id: str) -> dict[str, Any]:
        """The one mail with that id; AssertionError if there is none."""
        mails = [mail for mail in self.inbox() if mail["MessageId"] == message_id]
        assert len(mails) == 1, f"{len(mails)} mails have the id {message_id}"
        return mails[0]

    def own_url(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        """(HTTP status, text) of one of the engine's own URLs, asked as this account."""
        request = urllib.request.Request(f"{self.url}/_onlyonce/{path}", method=method)
        scope = f"{self.id}/20260101/{REGION}/ses/aws4_request"
        request.add_header("Authorization", f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0")
        try:
            with urllib.request.urlopen(request, json.dumps(body).encode() if body is not None else None) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def admin(self, method: str, body: Any = None, query: str = "") -> dict[str, Any]:
        """The figures after a request to /_onlyonce/ses; AssertionError if it was not taken."""
        status, text = self.own_url(method, f"ses{query}", body)
        assert status == 200, text
        figures: dict[str, Any] = json.loads(text)
        return figures


class EventLog:
    """A configuration set whose events reach a queue through a rule on the default bus."""

    def __init__(self, account: SesAccount, *types: str) -> None:
        self.configuration_set = fresh("set")
        self._sqs = account.client("sqs")
        self._queue = self._sqs.create_queue(QueueName=fresh("events"))["QueueUrl"]
        queue = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])
        events, rule = account.client("events"), fresh("rule")
        events.put_rule(Name=rule, EventPattern=json.dumps({"source": ["aws.ses"]}))
        events.put_targets(Rule=rule, Targets=[{"Id": "queue", "Arn": queue["Attributes"]["QueueArn"]}])
        account.v2.create_configuration_set(ConfigurationSetName=self.configuration_set)
        account.v2.create_configuration_set_event_destination(
            ConfigurationSetName=self.configuration_set,
            EventDestinationName="bus",
            EventDestination={
                "Enabled": True,
                "MatchingEventTypes": list(types),
                "EventBridgeDestination": {"EventBusArn": f"arn:aws:events:{REGION}:{account.id}:event-bus/default"},
            },
        )
        self._seen: list[dict[str, Any]] = []

    def first(self, number: int) -> list[dict[str, Any]]:
        """That many events, in the order in which they came; AssertionError if they do not within 3 s."""

        def enough() -> bool:
            answer = self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10)
            for message in answer.get("Messages", []):
                self._seen.append(json.loads(message["Body"]))
                self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
            return len(self._seen) >= number

        eventually(enough, within_s=3)
        return self._seen[:number]
