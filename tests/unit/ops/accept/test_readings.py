"""What is looked at without a mail; each finding on clients that answer as AWS does."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from ops.accept.readings import PERMISSIONS, Readings, query_runs

TOPIC = "arn:aws:sns:us-east-1:1:alarms"
ALARMS = ("held", "paused")


class Account:
    """Answers of the services; `change` spoils one."""

    def __init__(self) -> None:
        self.alarms = {name: {"AlarmName": name, "AlarmActions": [TOPIC], "ActionsEnabled": True} for name in ALARMS}
        self.confirmed, self.waiting = 1, 0
        self.denied: set[tuple[str, str]] = set()
        self.granted: set[tuple[str, str]] = set()
        self.serde = "org.apache.hive.hcatalog.data.JsonSerDe"

    def client(self, service: str) -> Any:
        return {
            "cloudwatch": SimpleNamespace(get_paginator=lambda _: _pages({"MetricAlarms": list(self.alarms.values())})),
            "sns": SimpleNamespace(get_topic_attributes=lambda **_: {"Attributes": self._topic()}),
            "sqs": SimpleNamespace(get_queue_attributes=self._queue),
            "iam": SimpleNamespace(simulate_principal_policy=self._simulate),
            "glue": SimpleNamespace(get_paginator=lambda _: _pages({"TableList": [self._table()]})),
        }[service]

    def _topic(self) -> dict[str, str]:
        return {"SubscriptionsConfirmed": str(self.confirmed), "SubscriptionsPending": "1"}

    def _queue(self, AttributeNames: list[str], **_: Any) -> Any:
        return {"Attributes": dict.fromkeys(AttributeNames, str(self.waiting))}

    def _table(self) -> dict[str, Any]:
        return {"Name": "usage_events", "StorageDescriptor": {"SerdeInfo": {"SerializationLibrary": self.serde}}}

    def _simulate(self, PolicySourceArn: str, ActionNames: list[str], ResourceArns: list[str]) -> Any:
        asked = (PolicySourceArn, ActionNames[0])
        own = any(
            one.allowed and (one.function, one.action, one.resource) == (*asked, ResourceArns[0]) for one in PERMISSIONS
        )
        allowed = (own or asked in self.granted) and asked not in self.denied
        return {"EvaluationResults": [{"EvalDecision": "allowed" if allowed else "implicitDeny"}]}


def _pages(page: Any) -> Any:
    return SimpleNamespace(paginate=lambda **_: [page])


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
def readings(account: Account) -> Readings:
    roles = {one.function: one.function for one in PERMISSIONS}
    arns = {one.resource: one.resource for one in PERMISSIONS}
    return Readings(account.client, roles, arns, "url", TOPIC, ALARMS, "usage")


def test_a_stack_as_it_should_be(readings: Readings) -> None:
    checks = [*readings.all(), readings.no_dead_letters()]
    assert len(checks) == 5
    assert all(check.passed for check in checks)


def _unsubscribed(account: Account) -> None:
    account.confirmed = 0


def _dead_letter(account: Account) -> None:
    account.waiting = 1


def _no_alarm(account: Account) -> None:
    del account.alarms["held"]


def _mute_alarm(account: Account) -> None:
    account.alarms["held"]["ActionsEnabled"] = False


def _alarm_without_topic(account: Account) -> None:
    account.alarms["held"]["AlarmActions"] = []


def _role_without_a_permission(account: Account) -> None:
    account.denied.add(("send", "dynamodb:UpdateItem"))


def _role_with_anothers(account: Account) -> None:
    account.granted.add(("claim", "ses:SendEmail"))


def _openx(account: Account) -> None:
    account.serde = "org.openx.data.jsonserde.JsonSerDe"


@pytest.mark.parametrize(
    ("spoil", "name", "found"),
    [
        (_unsubscribed, "Somebody hears the alarms", "0 confirmed, 1 pending"),
        (_dead_letter, "The dead-letter queue is empty", "2 waiting"),
        (_no_alarm, "Every alarm of the stack is there, and tells the topic", "missing or mute: held"),
        (_mute_alarm, "Every alarm of the stack is there, and tells the topic", "missing or mute: held"),
        (_alarm_without_topic, "Every alarm of the stack is there, and tells the topic", "missing or mute: held"),
        (_role_without_a_permission, "Each function's role allows its own work, and no other's",
         "send may not dynamodb:UpdateItem on the outbox; send may not dynamodb:UpdateItem on the control"),
        (_role_with_anothers, "Each function's role allows its own work, and no other's",
         "claim may ses:SendEmail on the sender"),
        (_openx, "No table of the usage data is read by a format that may lose rows", "usage_events by org.openx"),
    ],
)  # fmt: skip
def test_each_fails_in_its_turn(
    spoil: Callable[[Account], None], name: str, found: str, account: Account, readings: Readings
) -> None:
    spoil(account)
    failed = [check for check in [*readings.all(), readings.no_dead_letters()] if not check.passed]
    assert [(check.name, check.found) for check in failed] == [(name, found)]
    assert failed[0].todo


@pytest.mark.parametrize(
    ("state", "columns", "passed", "found"),
    [
        ("SUCCEEDED", ["user_id", "email", "minutes"], True, "user_id, email, minutes"),
        ("SUCCEEDED", ["user_id", "minutes"], False, "user_id, minutes"),
        ("FAILED", [], False, "FAILED: COLUMN_NOT_FOUND"),
    ],
)
def test_the_query(state: str, columns: list[str], passed: bool, found: str) -> None:
    infos = {"ResultSet": {"ResultSetMetadata": {"ColumnInfo": [{"Name": name} for name in columns]}}}
    status = {"Status": {"State": state, "StateChangeReason": "COLUMN_NOT_FOUND"}}
    athena = SimpleNamespace(
        start_query_execution=lambda **_: {"QueryExecutionId": "1"},
        get_query_execution=lambda **_: {"QueryExecution": status},
        get_query_results=lambda **_: infos,
    )
    check = query_runs("SELECT 1", "usage", "group", "bucket", ("user_id", "email"), athena)
    assert check.passed is passed
    assert found in check.found
