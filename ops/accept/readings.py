"""What is looked at without a mail: alarms and who hears them, roles, dead letters, the query."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ops.accept.check import Check
from ops.doctor import watch
from ops.doctor.deployed import Deployed
from ops.doctor.finding import Finding, Mark, ok, wrong
from ops.errors import UnreadableError
from ops.questions import pages

_QUERY_WITHIN_S = 120
_OPENX = "org.openx"


@dataclass(frozen=True)
class Permission:
    """An action that a function's role has, or must not have. `resource` by the name of the stack's output."""

    function: str
    action: str
    resource: str
    allowed: bool
    own_address: bool = True
    """Whether the mail is from the stage's sender."""


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
    Permission("send", "ses:SendEmail", "sender", True),
    Permission("send", "ses:SendEmail", "sender", False, own_address=False),
    Permission("send", "states:StartExecution", "machine", False),
    Permission("send", "dynamodb:PartiQLInsert", "outbox", False),
    Permission("send", "dynamodb:DeleteItem", "outbox", False),
    Permission("sweeper", "dynamodb:UpdateItem", "outbox", True),
    Permission("sweeper", "ses:SendEmail", "sender", False),
    Permission("sweeper", "states:StartExecution", "machine", False),
    Permission("feedback", "dynamodb:UpdateItem", "outbox", True),
    Permission("feedback", "dynamodb:UpdateItem", "control", True),
    Permission("feedback", "dynamodb:GetItem", "outbox", False),
    Permission("feedback", "ses:SendEmail", "sender", False),
)
# fmt: on


@dataclass(frozen=True)
class Readings:
    """What a stage's resources say. `look` gives the stage as it is now."""

    look: Callable[[], Deployed]

    def all(self) -> Iterator[Check]:
        deployed = self.look()
        yield _check("Every alarm of the stack is there, and none rings", lambda: watch.alarms(deployed))
        yield _check("Somebody hears the alarms", lambda: watch.listeners(deployed))
        yield _check("Each function's role allows its own work, and no other's", lambda: roles(deployed))
        yield _check("No table of the usage data is read by a format that may lose rows", lambda: formats(deployed))

    def no_dead_letters(self) -> Check:
        return _check("The dead-letter queue is empty", lambda: watch.dead_letters(self.look()))


def _check(name: str, look: Callable[[], Iterator[Finding]]) -> Check:
    try:
        found = list(look())
    except UnreadableError as error:
        return Check(name, False, f"can't be read: {error}", "Ask for the permission, or run it as somebody who has it")
    bad = [one for one in found if one.mark is Mark.WRONG]
    return Check(name, not bad, "; ".join(one.says for one in bad or found), "; ".join(one.do for one in bad))


def roles(deployed: Deployed) -> Iterator[Finding]:
    """IAM itself says what a role may do: nothing is tried (source: iam-simulation)."""
    arns = _arns(deployed)
    wrong_ones = [said for one in PERMISSIONS if (said := _differs(one, deployed, arns))]
    if wrong_ones:
        yield wrong("; ".join(wrong_ones), "Deploy again; if a role was changed by hand, undo it")
    else:
        yield ok(f"{len(PERMISSIONS)} permissions as they should be")


def _differs(one: Permission, deployed: Deployed, arns: Mapping[str, str]) -> str:
    context = [
        {"ContextKeyName": "ses:FromAddress", "ContextKeyValues": [address], "ContextKeyType": "string"}
        for address in [arns["sender"].rpartition("/")[2] if one.own_address else "somebody-else@example.com"]
    ]
    answer = deployed.ask(
        "iam",
        "simulate_principal_policy",
        PolicySourceArn=deployed.function(one.function.capitalize())["Role"],
        ActionNames=[one.action],
        ResourceArns=[arns[one.resource]],
        ContextEntries=context,
    )
    allowed = answer["EvaluationResults"][0]["EvalDecision"] == "allowed"
    if allowed == one.allowed:
        return ""
    return f"{one.function} {'may' if allowed else 'may not'} {one.action} on the {one.resource}"


def _arns(deployed: Deployed) -> dict[str, str]:
    _, partition, _, region, account, *_ = deployed.function("Send")["FunctionArn"].split(":")
    table = f"arn:{partition}:dynamodb:{region}:{account}:table/"
    return {
        "outbox": table + deployed.output("OutboxTableName"),
        "control": table + deployed.output("ControlTableName"),
        "machine": deployed.output("SendStateMachineArn"),
        "sender": f"arn:{partition}:ses:{region}:{account}:identity/{deployed.output('SenderAddress')}",
    }


def formats(deployed: Deployed) -> Iterator[Finding]:
    """Users would silently get no mail (source: athena-json)."""
    database = deployed.output("UsageDatabaseName")
    serdes = {
        table["Name"]: table.get("StorageDescriptor", {}).get("SerdeInfo", {}).get("SerializationLibrary", "")
        for table in pages(deployed.ask, "glue", "get_tables", "TableList", DatabaseName=database)
    }
    bad = [name for name, serde in serdes.items() if _OPENX in serde]
    if bad:
        says = f"{', '.join(bad)} by {_OPENX}"
        yield wrong(says, "Make it anew with the format of events.ddl.sql: docs/deploying.md, The data")
    else:
        yield ok(", ".join(f"{name} by {serde.rpartition('.')[2]}" for name, serde in serdes.items()))


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
