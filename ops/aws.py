"""What the operator's commands ask of AWS beside the two tables: the stage, the caller's identity, the producer.

Clients come from wiring's session, which finds region and credentials as the AWS CLI does.
"""

import getpass
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError, NoRegionError

from ops.errors import RefusedError
from shared.aws.dynamodb_wire import from_wire
from shared.store import Item
from shared.sweeping.intervals import SWEEP_EVERY

SERVICE = "onlyonce"
_HINTS = {
    "UsageQueryError": "\nMend the query, deploy, and start it again: it asks anew. That is safe to repeat",
    "InvalidPeriodError": "",
    "InvalidEventError": "",
    "InvalidRunError": "",
    "ForeignTableError": ". docs/runbook.md, ForeignTableAlarm",
}
"""What to do about an error of the producer, where starting it again is not enough."""
_OUTPUTS = ("OutboxTableName", "ControlTableName", "ProducerFunctionName", "SweeperFunctionName")
ASKING = Config(retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=3, read_timeout=10)
PRODUCING = Config(retries={"total_max_attempts": 1}, connect_timeout=3, read_timeout=920, tcp_keepalive=True)
"""The producer may take fifteen minutes to answer, and one call starts it once."""


@contextmanager
def asking() -> Iterator[None]:
    """Turns what the SDK raises where AWS gives no answer into a RefusedError that says what to do."""
    try:
        yield
    except NoRegionError:
        raise RefusedError("no region: name it, for example with AWS_DEFAULT_REGION=us-east-1") from None
    except (BotoCoreError, ClientError) as error:
        raise RefusedError(f"AWS can't be asked: {error}") from error


@dataclass(frozen=True)
class Stage:
    """A deployed stage: its stack's name, status and outputs."""

    name: str
    status: str
    outputs: Mapping[str, str]

    @property
    def outbox_table(self) -> str:
        return self.outputs["OutboxTableName"]

    @property
    def control_table(self) -> str:
        return self.outputs["ControlTableName"]

    @property
    def unsubscribed_table(self) -> str:
        """Raises RefusedError for a stack that has none yet."""
        if "UnsubscribedTableName" not in self.outputs:
            raise RefusedError(f"the stack {self.name} has no table of the unsubscribed: deploy this version first")
        return self.outputs["UnsubscribedTableName"]

    @property
    def producer_function(self) -> str:
        return self.outputs["ProducerFunctionName"]

    @property
    def sweeper_function(self) -> str:
        return self.outputs["SweeperFunctionName"]

    @property
    def address_days(self) -> int:
        """How long an address is kept after its message's story is over."""
        return int(self.outputs.get("AddressDays", 0))

    @property
    def sweep_every(self) -> timedelta:
        """As deployed; a stack that is older than this output is taken to have the default."""
        minutes = self.outputs.get("SweepMinutes")
        return SWEEP_EVERY if minutes is None else timedelta(minutes=int(minutes))


def find_stage(stage: str, cloudformation: Any) -> Stage:
    """Raises RefusedError when it is not there or lacks an output; BotoCoreError, ClientError when nobody can tell."""
    name = f"{SERVICE}-{stage}"
    try:
        (found,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":  # source: DescribeStacks, a stack that does not exist
            region = cloudformation.meta.region_name
            raise RefusedError(f"there is no stack {name} in {region}: another --stage, region or account?") from error
        raise
    outputs = {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", ())}
    for missing in (output for output in _OUTPUTS if output not in outputs):
        raise RefusedError(f"the stack {name} is {found.get('StackStatus')} and has no output {missing!r}")
    return Stage(name, found["StackStatus"], outputs)


def caller(sts: Any) -> str:
    """The AWS identity of the person who asks; where AWS does not tell, the name of their account on this computer."""
    with suppress(BotoCoreError, ClientError):
        return str(sts.get_caller_identity()["Arn"])
    with suppress(OSError, KeyError):
        return getpass.getuser()
    raise RefusedError("nobody can tell who you are: give --by YOUR-NAME")


def scan(table: str, dynamodb: Any) -> Iterator[Item]:
    """Every item of a table, page by page. Raises BotoCoreError, ClientError."""
    for page in dynamodb.get_paginator("scan").paginate(TableName=table):
        yield from map(from_wire, page["Items"])


def produce(function: str, event: dict[str, Any], lambda_: Any) -> dict[str, Any]:
    """Runs the producer and waits for its report. Raises RefusedError with its error's name if it ended in one."""
    try:
        answer = lambda_.invoke(FunctionName=function, Payload=json.dumps(event).encode())
    except (ConnectionError, HTTPClientError) as error:
        raise RefusedError(
            f"the producer's answer was lost ({error}). It may still be running: `status` shows how far it is"
        ) from error
    report = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise RefusedError(
            f"the producer ended with {report.get('errorType', answer['FunctionError'])}: {report.get('errorMessage')}"
            + _HINTS.get(str(report.get("errorType")), "\nStart it again: it goes on. That is safe to repeat")
        )
    return dict(report)
