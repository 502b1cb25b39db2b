"""What is looked at without a mail; each finding on clients that answer as AWS does."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from ops.accept.readings import PERMISSIONS, Permission, Readings, query_runs
from ops.doctor.deployed import FUNCTIONS, Deployed
from ops.errors import UnreadableError

TOPIC = "arn:aws:sns:us-east-1:1:alarms"
ALARMS = ("held", "paused")
SENDER = "usage@example.com"


class Account:
    """Answers of the services; a test spoils one."""

    def __init__(self) -> None:
        self.alarms = {name: {"AlarmName": name, "ActionsEnabled": True, "StateValue": "OK"} for name in ALARMS}
        self.confirmed, self.waiting = 1, 0
        self.denied: set[tuple[str, str]] = set()
        self.granted: set[tuple[str, str]] = set()
        self.serde = "org.apache.hive.hcatalog.data.JsonSerDe"

    def ask(self, service: str, operation: str, **given: Any) -> dict[str, Any]:
        match operation:
            case "list_stack_resources":
                summaries = [(name.title(), "AWS::CloudWatch::Alarm", name) for name in ALARMS]
                keys = ("LogicalResourceId", "ResourceType", "PhysicalResourceId")
                return {"StackResourceSummaries": [dict(zip(keys, one, strict=True)) for one in summaries]}
            case "describe_alarms":
                return {"MetricAlarms": list(self.alarms.values())}
            case "get_topic_attributes":
                return {"Attributes": {"SubscriptionsConfirmed": str(self.confirmed), "SubscriptionsPending": "1"}}
            case "get_queue_attributes":
                return {"Attributes": dict.fromkeys(given["AttributeNames"], str(self.waiting))}
            case "get_function_configuration":
                name = given["FunctionName"]
                return {"Role": name, "FunctionArn": f"arn:aws:lambda:us-east-1:1:function:{name}"}
            case "get_tables":
                serde = {"SerdeInfo": {"SerializationLibrary": self.serde}}
                return {"TableList": [{"Name": "usage_events", "StorageDescriptor": serde}]}
            case "simulate_principal_policy":
                return {"EvaluationResults": [{"EvalDecision": self._simulated(**given)}]}
        raise AssertionError(f"{service} {operation}")

    def _simulated(self, **given: Any) -> str:
        function, action = given["PolicySourceArn"].lower(), given["ActionNames"][0]
        (context,) = given["ContextEntries"]
        own = any(
            one.allowed and (one.function, one.action) == (function, action) and _names(given["ResourceArns"][0], one)
            for one in PERMISSIONS
        ) and (action != "ses:SendEmail" or context["ContextKeyValues"] == [SENDER])
        allowed = (own or (function, action) in self.granted) and (function, action) not in self.denied
        return "allowed" if allowed else "implicitDeny"


def _names(arn: str, permission: Permission) -> bool:
    return arn.endswith(SENDER if permission.resource == "sender" else permission.resource)


OUTPUTS = {
    "OutboxTableName": "outbox", "ControlTableName": "control", "SendStateMachineArn": "arn:machine",
    "SenderAddress": SENDER, "AlarmTopicArn": TOPIC, "DeadLettersUrl": "url", "UsageDatabaseName": "usage",
    **{f"{name}FunctionName": name for name in FUNCTIONS},
}  # fmt: skip


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
def readings(account: Account) -> Readings:
    session: Any = SimpleNamespace(stage=SimpleNamespace(name="onlyonce-test", outputs=OUTPUTS))
    return Readings(lambda: Deployed(session, account.ask))


def test_a_stack_as_it_should_be(readings: Readings) -> None:
    checks = [*readings.all(), readings.no_dead_letters()]
    assert len(checks) == 5
    assert [check for check in checks if not check.passed] == []


def test_what_may_not_be_read_is_a_failed_check(
    readings: Readings, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: Any, **__: Any) -> dict[str, Any]:
        raise UnreadableError("get_tables: AccessDenied", "AccessDenied")

    monkeypatch.setattr(account, "ask", denied)
    assert [check.passed for check in readings.all()] == [False] * 4
    assert all("can't be read: get_tables: AccessDenied" in check.found for check in readings.all())


def _unsubscribed(account: Account) -> None:
    account.confirmed = 0


def _dead_letter(account: Account) -> None:
    account.waiting = 1


def _no_alarm(account: Account) -> None:
    del account.alarms["held"]


def _mute_alarm(account: Account) -> None:
    account.alarms["held"]["ActionsEnabled"] = False


def _ringing_alarm(account: Account) -> None:
    account.alarms["held"]["StateValue"] = "ALARM"


def _role_without_a_permission(account: Account) -> None:
    account.denied.add(("send", "dynamodb:UpdateItem"))


def _role_with_anothers(account: Account) -> None:
    account.granted.add(("claim", "ses:SendEmail"))


def _openx(account: Account) -> None:
    account.serde = "org.openx.data.jsonserde.JsonSerDe"


@pytest.mark.parametrize(
    ("spoil", "name", "found"),
    [
        (_unsubscribed, "Somebody hears the alarms", "nobody hears an alarm: the subscription is not confirmed"),
        (_dead_letter, "The dead-letter queue is empty", "2 dead letters: events could not be processed"),
        (_no_alarm, "Every alarm of the stack is there, and none rings", "alarms are not there: Held"),
        (_mute_alarm, "Every alarm of the stack is there, and none rings", "alarms tell nobody: Held"),
        (_ringing_alarm, "Every alarm of the stack is there, and none rings", "Held rings: "),
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
