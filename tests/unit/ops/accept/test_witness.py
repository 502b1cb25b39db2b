"""The queue that hears the stack's events, on moto's SQS and EventBridge as far as those go."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from ops.accept.cohort import PERIOD, Cohort
from ops.accept.witness import MARKER, Witness
from ops.errors import RefusedError
from shared.keys import to_tag

STACK = "onlyonce-test"


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Any, Any]]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield boto3.client("sqs", region_name="us-east-1"), boto3.client("events", region_name="us-east-1")


@pytest.fixture
def witness(clients: tuple[Any, Any]) -> Witness:
    return Witness(f"{STACK}-accept-0badcafe", STACK, "aws:us-east-1:123456789012", *clients, poll_s=0)


def test_it_takes_the_stacks_own_mails_of_its_own_month(witness: Witness, clients: tuple[Any, Any]) -> None:
    witness.begin()
    rule = clients[1].describe_rule(Name=witness.name)
    tags = json.loads(rule["EventPattern"])["detail"]["mail"]["tags"]
    assert tags == {"ses:configuration-set": [STACK], "onlyonce-period": [PERIOD]}
    url = clients[0].get_queue_url(QueueName=witness.name)["QueueUrl"]
    policy = clients[0].get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]
    condition = json.loads(policy)["Statement"][0]["Condition"]
    assert condition == {"ArnEquals": {"aws:SourceArn": rule["Arn"]}}


def test_an_event_that_comes_twice_is_one_mail_and_two_mails_are_two(
    witness: Witness, clients: tuple[Any, Any]
) -> None:
    witness.begin()
    user_id = Cohort("0badcafe").crowd[0].key.user_id
    for message_id in ("a", "a", "b"):
        _put(clients[0], witness, _event("Send", user_id, message_id))
    _put(clients[0], witness, _event("Bounce", user_id, "a", bounce={"bounceSubType": "Suppressed"}))
    witness.listen()
    heard = witness.heard[user_id]
    assert heard.sent == {"a", "b"}
    assert heard.types == {"Send", "Bounce"}
    assert heard.subtypes == {"Suppressed"}
    assert all(delay > 0 for delay in heard.delays_ms)


def test_it_hears_when_its_own_event_comes_back(witness: Witness, clients: tuple[Any, Any]) -> None:
    witness.begin()
    put: list[dict[str, Any]] = []

    def bring(Entries: list[dict[str, Any]]) -> None:
        put.extend(Entries)
        _put(clients[0], witness, {"source": Entries[0]["Source"], "detail": json.loads(Entries[0]["Detail"])})

    clients[1].put_events = bring
    witness.wait_until_it_hears(_never)
    assert [entry["Source"] for entry in put] == [MARKER]


def test_a_rule_that_never_works_is_told(witness: Witness) -> None:
    witness.begin()
    waited: list[float] = []
    with pytest.raises(RefusedError, match="brought no event within 120 s"):
        Witness.wait_until_it_hears(_deaf(witness), waited.append)
    assert sum(waited) == 120


def test_it_can_be_taken_away_twice_and_by_another(witness: Witness, clients: tuple[Any, Any]) -> None:
    witness.begin()
    other = Witness(witness.name, STACK, "aws:us-east-1:123456789012", *clients, poll_s=0)
    for one in (other, witness, other):
        one.end()
    assert not clients[0].list_queues(QueueNamePrefix=witness.name).get("QueueUrls")
    assert not clients[1].list_rules(NamePrefix=witness.name)["Rules"]


def _deaf(witness: Witness) -> Witness:
    """Its events go nowhere."""
    witness._events.remove_targets(Rule=witness.name, Ids=["witness"])
    return witness


def _never(seconds: float) -> None:
    raise AssertionError(seconds)


def _event(kind: str, user_id: str, message_id: str, **more: Any) -> dict[str, Any]:
    tags = {"onlyonce-user": [to_tag(user_id)]}
    sent = {"messageId": message_id, "timestamp": "2026-11-01T06:00:00.000Z", "tags": tags}
    return {"source": "aws.ses", "detail": {"eventType": kind, "mail": sent, **more}}


def _put(sqs: Any, witness: Witness, event: dict[str, Any]) -> None:
    sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName=witness.name)["QueueUrl"], MessageBody=json.dumps(event))
