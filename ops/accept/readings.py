"""What is looked at without a mail: alarms and who hears them, roles, dead letters, the query."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ops.accept.check import Check

_QUERY_WITHIN_S = 120
_OPENX = "org.openx"


@dataclass(frozen=True)
class Permission:
    """An action that a function's role has, or must not have. `resource` by the name of the stack's output."""

    function: str
    action: str
    resource: str
    allowed: bool


# What a role must not allow: each would let one function do another's work.
# fmt: off
PERMISSIONS = (
    Permission("producer", "dynamodb:PartiQLInsert", "outbox", True),
    Permission("producer", "ses:SendEmail", "sender", False),
    Permission("producer", "states:StartExecution", "machine", False),
    Permission("producer", "dynamodb:DeleteItem", "outbox", False),
    Permission("claim", "dynamodb:UpdateItem", "outbox", True),
    Permission("claim", "states:StartExecution", "machine", True),
    Permission("claim", "ses:SendEmail", "sender", False),
    Permission("claim", "dynamodb:DeleteItem", "outbox", False),
    Permission("send", "dynamodb:UpdateItem", "outbox", True),
    Permission("send", "dynamodb:UpdateItem", "control", True),
    Permission("send", "states:StartExecution", "machine", False),
    Permission("send", "dynamodb:PartiQLInsert", "outbox", False),
    Permission("send", "dynamodb:DeleteItem", "outbox", False),
    Permission("sweeper", "dynamodb:UpdateItem", "outbox", True),
    Permission("sweeper", "ses:SendEmail", "sender", False),
    Permission("sweeper", "states:StartExecution", "machine", False),
    Permission("feedback", "dynamodb:UpdateItem", "outbox", True),
    Permission("feedback", "dynamodb:UpdateItem", "control", False),
    Permission("feedback", "ses:SendEmail", "sender", False),
)
# fmt: on


@dataclass(frozen=True)
class Readings:
    """The clients, and where things are in this stack."""

    clients: Callable[[str], Any]
    roles: dict[str, str]
    """The ARN of each function's role."""
    arns: dict[str, str]
    """Of outbox, control, machine and sender."""
    dead_letters: str
    topic: str
    alarms: Sequence[str]
    """Their names, as CloudFormation made them."""
    database: str
    """Of the usage data, in Glue."""

    def all(self) -> Iterator[Check]:
        yield self._alarms()
        yield self._subscribed()
        yield self._permissions()
        yield self._format()

    def no_dead_letters(self) -> Check:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.clients("sqs").get_queue_attributes(QueueUrl=self.dead_letters, AttributeNames=names)
        waiting = sum(int(answer["Attributes"][name]) for name in names)
        return Check(
            "The dead-letter queue is empty", waiting == 0, f"{waiting} waiting", "docs/runbook.md, DeadLettersAlarm"
        )

    def _alarms(self) -> Check:
        found: dict[str, Any] = {}
        for page in self.clients("cloudwatch").get_paginator("describe_alarms").paginate():
            found |= {one["AlarmName"]: one for one in page["MetricAlarms"]}
        mute = [name for name in self.alarms if self.topic not in found.get(name, {}).get("AlarmActions", ())]
        mute += [name for name in self.alarms if not found.get(name, {}).get("ActionsEnabled", True)]
        return Check(
            "Every alarm of the stack is there, and tells the topic",
            bool(self.alarms) and not mute,
            f"{len(self.alarms)} alarms" if not mute else f"missing or mute: {', '.join(sorted(set(mute)))}",
            "Deploy again, or enable the alarm's actions",
        )

    def _subscribed(self) -> Check:
        attributes = self.clients("sns").get_topic_attributes(TopicArn=self.topic)["Attributes"]
        confirmed = int(attributes["SubscriptionsConfirmed"])
        return Check(
            "Somebody hears the alarms",
            confirmed > 0,
            f"{confirmed} confirmed, {attributes['SubscriptionsPending']} pending",
            f"aws sns subscribe --topic-arn {self.topic} --protocol email --notification-endpoint YOU, and confirm it",
        )

    def _permissions(self) -> Check:
        """IAM itself says what a role may do: nothing is tried."""
        iam, wrong = self.clients("iam"), []
        for one in PERMISSIONS:
            answer = iam.simulate_principal_policy(
                PolicySourceArn=self.roles[one.function],
                ActionNames=[one.action],
                ResourceArns=[self.arns[one.resource]],
            )
            allowed = answer["EvaluationResults"][0]["EvalDecision"] == "allowed"
            if allowed != one.allowed:
                wrong.append(f"{one.function} {'may' if allowed else 'may not'} {one.action} on the {one.resource}")
        todo = "Deploy again; if a role was changed by hand, undo it"
        return Check(
            "Each function's role allows its own work, and no other's",
            not wrong,
            "; ".join(wrong) or f"{len(PERMISSIONS)} permissions as they should be",
            todo,
        )

    def _format(self) -> Check:
        """Users would silently get no mail (source: athena-json)."""
        serdes: dict[str, str] = {}
        for page in self.clients("glue").get_paginator("get_tables").paginate(DatabaseName=self.database):
            for table in page["TableList"]:
                serde = table.get("StorageDescriptor", {}).get("SerdeInfo", {}).get("SerializationLibrary", "")
                serdes[table["Name"]] = serde.rpartition(".")[2] if _OPENX not in serde else _OPENX
        wrong = [name for name, serde in serdes.items() if serde == _OPENX]
        return Check(
            "No table of the usage data is read by a format that may lose rows",
            not wrong,
            ", ".join(f"{name} by {serde}" for name, serde in serdes.items()),
            "Make the table anew with the format of events.ddl.sql: docs/deploying.md, The data",
        )


def query_runs(sql: str, database: str, work_group: str, bucket: str, wanted: Sequence[str], athena: Any) -> Check:
    """The month's query, for a month without events: Athena must be able to run it on the deployed table."""
    name, todo = "Athena runs the month's query on the deployed table", "docs/deploying.md, The data"
    began = athena.start_query_execution(
        QueryString=sql,
        WorkGroup=work_group,
        QueryExecutionContext={"Database": database},
        ResultConfiguration={"OutputLocation": f"s3://{bucket}/athena/"},
    )["QueryExecutionId"]
    for _ in range(_QUERY_WITHIN_S * 5):
        status = athena.get_query_execution(QueryExecutionId=began)["QueryExecution"]["Status"]
        if status["State"] not in ("QUEUED", "RUNNING"):
            break
        time.sleep(0.2)
    if status["State"] != "SUCCEEDED":
        return Check(name, False, f"{status['State']}: {status.get('StateChangeReason', '')}", todo)
    answer = athena.get_query_results(QueryExecutionId=began, MaxResults=1)
    columns = [one["Name"] for one in answer["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]]
    missing = [column for column in wanted if column not in columns]
    return Check(name, not missing, f"it gives {', '.join(columns)}", f"it lacks {', '.join(missing)}: {todo}")
