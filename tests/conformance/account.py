"""What the conformance tests need of an AWS account, besides boto3's clients."""

import io
import json
import time
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from local.stack.embedded_aws import EmbeddedAws

ROLE = "arn:aws:iam::000000000000:role/conformance"
T = TypeVar("T")


def fresh(prefix: str) -> str:
    """A name that nobody has used yet."""
    return f"{prefix}-{uuid.uuid4().hex[:10]}"


def eventually(probe: Callable[[], T | None], *, within_s: float = 10.0) -> T:
    """The first truthy answer of `probe`; AssertionError if there is none in `within_s` seconds."""
    deadline = time.monotonic() + within_s
    while not (answer := probe()):
        assert time.monotonic() < deadline, f"still {answer!r} after {within_s} s"
        time.sleep(0.05)
    return answer


def archive(source: str) -> bytes:
    """A deployment package with `source` as index.py."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("index.py", source)
    return buffer.getvalue()


# Goes in front of every handler: what it noted, in order, outlives the worker and costs no AWS call.
NOTEBOOK = """
import json, os, time
def note(value):
    with open(os.environ["NOTEBOOK"], "a") as notebook:
        notebook.write(json.dumps(value) + "\\n")
"""


class Function:
    """A Lambda function whose handler calls `note(value)` to tell the test what it saw."""

    def __init__(self, name: str, arn: str, notebook: Path) -> None:
        self.name = name
        self.arn = arn
        self._notebook = notebook

    def notes(self) -> list[Any]:
        """What the handler noted so far."""
        if not self._notebook.exists():
            return []
        return [json.loads(line) for line in self._notebook.read_text().splitlines()]


class Account(EmbeddedAws):
    """An engine with the shortcuts that most conformance tests share."""

    def __init__(self, scratch: Path, *, data_dir: Path | None = None, stock: bool = False) -> None:
        super().__init__(data_dir=data_dir, stock=stock, log=scratch / "engine.log")
        self._scratch = scratch

    def threads(self) -> int:
        """How many threads the engine has."""
        return len(list(Path(f"/proc/{self.process.pid}/task").iterdir()))

    def function(self, source: str, **settings: Any) -> Function:
        """A new Python function; `source` defines handler(event, context) and may call note(value)."""
        name = fresh("function")
        notebook = self._scratch / f"{name}.jsonl"
        environment = {"NOTEBOOK": str(notebook), **settings.pop("environment", {})}
        made = self.client("lambda").create_function(
            FunctionName=name,
            Role=ROLE,
            Handler="index.handler",
            Runtime="python3.13",
            Code={"ZipFile": archive(NOTEBOOK + source)},
            Environment={"Variables": environment},
            **{"Timeout": 10, **settings},
        )
        return Function(name, made["FunctionArn"], notebook)

    def invoke(self, function: Function, event: Any = None, **options: Any) -> Any:
        """The answer of a synchronous invocation: the payload, parsed."""
        answer = self.client("lambda").invoke(FunctionName=function.name, Payload=json.dumps(event), **options)
        return json.loads(answer["Payload"].read())

    def stream_table(self, view: str = "NEW_IMAGE") -> tuple[str, str]:
        """A new table with key `id` (string) and a stream: (table name, stream ARN)."""
        name = fresh("table")
        made = self.client("dynamodb").create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": view},
        )
        return name, made["TableDescription"]["LatestStreamArn"]

    def state_machine(self, definition: dict[str, Any]) -> str:
        """The ARN of a new STANDARD state machine."""
        made = self.client("stepfunctions").create_state_machine(
            name=fresh("machine"), definition=json.dumps(definition), roleArn=ROLE
        )
        return str(made["stateMachineArn"])

    def finished(self, execution_arn: str, *, within_s: float = 15.0) -> dict[str, Any]:
        """The execution's description once it is no longer RUNNING."""
        states = self.client("stepfunctions")

        def closed() -> dict[str, Any] | None:
            description: dict[str, Any] = states.describe_execution(executionArn=execution_arn)
            return description if description["status"] != "RUNNING" else None

        return eventually(lambda: closed() or {}, within_s=within_s)

    def run(self, definition: dict[str, Any], event: Any = None, *, within_s: float = 15.0) -> dict[str, Any]:
        """Execute `definition` once and return the closed execution's description."""
        started = self.client("stepfunctions").start_execution(
            stateMachineArn=self.state_machine(definition), input=json.dumps(event if event is not None else {})
        )
        return self.finished(started["executionArn"], within_s=within_s)

    def table_by_due(self) -> str:
        """The name of a new table of items `id`, with a sparse index of keys alone by `due`."""
        name = fresh("table")
        self.client("dynamodb").create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in ("id", "due")],
            BillingMode="PAY_PER_REQUEST",
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "due",
                    "KeySchema": [{"AttributeName": "due", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
            ],
        )
        return name


def refusal(call: Callable[[], object]) -> str:
    """The error code with which AWS refuses the call; "" if it does not."""
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"]
    return ""
