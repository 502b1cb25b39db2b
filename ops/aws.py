"""What the operator's commands ask of AWS beside the two tables: the stage, the caller's identity, the producer.

Clients come from wiring's session, which finds region and credentials as the AWS CLI does.
"""

import getpass
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    CredentialRetrievalError,
    HTTPClientError,
    InvalidRegionError,
    LoginError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)
from botocore.parsers import ResponseParserError

from ops.errors import RefusedError, UnavailableError, UnreadableError
from shared.aws.dynamodb_wire import from_wire, to_wire
from shared.errors import OnlyonceError
from shared.store import Item
from shared.sweeping.intervals import SWEEP_EVERY

SERVICE = "onlyonce"
_HINTS = {
    "UsageQueryError": "\nMend the query, deploy, and start it again: it asks anew. That is safe to repeat",
    "InvalidPeriodError": "",
    "InvalidEventError": "",
    "UnfitResultError": "",
    "InvalidRunError": "",
    "ForeignTableError": ". docs/runbook.md, ForeignTableAlarm",
}
"""What to do about an error of the producer, where starting it again is not enough."""
_OUTPUTS = ("OutboxTableName", "ControlTableName", "ProducerFunctionName", "SweeperFunctionName")
SEGMENTS = 8
"""Of a scan: each is read by a thread. Below the ten connections that one client keeps (source: botocore)."""
ASKING = Config(retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=3, read_timeout=10)
PRODUCING = Config(retries={"total_max_attempts": 1}, connect_timeout=3, read_timeout=920, tcp_keepalive=True)
"""The producer may take fifteen minutes to answer, and one call starts it once."""

_LOG_IN = "log in (`aws sso login`), or name others with AWS_PROFILE"
_NOT_TAKEN = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "InvalidToken",
        "MissingAuthenticationToken",
        "RequestExpired",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
"""What the services call credentials, or a clock, that they do not take (source: cfn-common-errors, ses-common-errors)."""


@contextmanager
def asking() -> Iterator[None]:
    """Turns what the SDK raises where AWS gives no answer into one sentence that says what to do. Raises UnavailableError
    where nothing can be asked at all, else RefusedError; another error of the project passes.
    """
    try:
        yield
    except (BotoCoreError, ClientError, ResponseParserError) as error:
        raise _unavailable(error) or RefusedError(f"AWS can't be asked: {error}") from error
    except UnreadableError as error:
        raise _unavailable(error.__cause__) or RefusedError(str(error)) from error
    except OnlyonceError as error:
        if unavailable := _unavailable(error.__cause__):
            raise unavailable from error
        raise


def _unavailable(error: BaseException | None) -> UnavailableError | None:
    """None for an answer of AWS: it was asked."""
    match error:
        case NoRegionError() | InvalidRegionError():
            return UnavailableError("no region, or none that exists: name it, as with AWS_DEFAULT_REGION=us-east-1")
        case ProfileNotFound():
            return UnavailableError(f"{error}: `aws configure list-profiles` lists those that there are")
        case NoCredentialsError() | PartialCredentialsError():
            return UnavailableError(f"no credentials ({error}): {_LOG_IN}")
        case CredentialRetrievalError() | TokenRetrievalError() | SSOError() | LoginError():
            return UnavailableError(f"your credentials have expired, or can't be read ({error}): {_LOG_IN}")
        case ClientError() if (code := error.response["Error"].get("Code")) in _NOT_TAKEN:
            return UnavailableError(f"AWS does not take your credentials ({code}); they may have expired: {_LOG_IN}")
        case ConnectionError() | HTTPClientError() | ResponseParserError():
            return UnavailableError(_unreachable(error))
        case _:
            return None


def _unreachable(error: BaseException) -> str:
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    if endpoint is None:
        return f"AWS is unreachable: {error}. Look at the network, and whether the region is written right"
    return f"no AWS answers at {endpoint}, as AWS_ENDPOINT_URL has it: `make up` starts the embedded one, `. .local/env` names it"


def ask_for_stacks(sdk: Any) -> Any:
    """The client that finds a stage. Raises UnavailableError for an endpoint that is no URL."""
    try:
        return sdk.client("cloudformation", config=ASKING)
    except BotoCoreError:
        raise
    except ValueError as error:
        raise UnavailableError(f"{error}: AWS_ENDPOINT_URL is written with http://") from error


@dataclass(frozen=True)
class Stage:
    """A deployed stage: its stack's name, status and outputs."""

    name: str
    status: str
    outputs: Mapping[str, str]

    @property
    def by_airflow(self) -> bool:
        """Whether Airflow produces and sends, and not the functions."""
        return self.outputs.get("Engine") == "airflow"

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
    """Raises UnavailableError when it is not there, RefusedError when it lacks an output; BotoCoreError, ClientError when
    nobody can tell.
    """
    name = f"{SERVICE}-{stage}"
    try:
        (found,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":  # source: DescribeStacks, a stack that does not exist
            region = cloudformation.meta.region_name
            raise UnavailableError(
                f"there is no stack {name} in {region}: another --stage, region or account?"
            ) from error
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


def find(table: str, period: str, statuses: Iterable[str], dynamodb: Any) -> Iterator[Item]:
    """The month's messages in one of these statuses, as they were a moment ago. It reads the whole table, all segments side by
    side. Raises BotoCoreError, ClientError.
    """
    values = {":period": period, **{f":status{number}": status for number, status in enumerate(sorted(statuses))}}
    request = {
        "TableName": table,
        "TotalSegments": SEGMENTS,
        "FilterExpression": f"#period = :period AND #status IN ({', '.join(list(values)[1:])})",
        "ExpressionAttributeNames": {"#period": "period", "#status": "status"},
        "ExpressionAttributeValues": to_wire(values),
    }
    left: list[tuple[int, dict[str, Any]]] = [(segment, {}) for segment in range(SEGMENTS)]
    with ThreadPoolExecutor(SEGMENTS) as pool:
        while left:
            pages = pool.map(lambda one: (one[0], dynamodb.scan(**request, Segment=one[0], **one[1])), left)
            left = []
            for segment, page in pages:
                yield from map(from_wire, page["Items"])
                if "LastEvaluatedKey" in page:
                    left.append((segment, {"ExclusiveStartKey": page["LastEvaluatedKey"]}))


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
