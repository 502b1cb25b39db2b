"""Lambda functions of the designs that have them: their package, and the process that starts the main function. It is in
the package itself, so it imports nothing that is not.

    python -m bench.contestants.functions MAIN

AWS's runtime has boto3 already; the embedded AWS's has not, so it is in the package.
"""

import io
import json
import sys
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from bench.shootout.contestant import Ground

ROOT = Path(__file__).resolve().parents[2]
BUCKET, USERS = "shootout", "users.jsonl"
MAIN, SEND = "shootout-main", "shootout-send-email"
MEMORY_MB = 512
"""As ours: the embedded AWS gives every function the same CPU, whatever its memory."""
MAIN_TIMEOUT_S = 900
_LIBRARIES = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "urllib3")
_SERVICES = ("dynamodb/", "s3/", "sesv2/", "sqs/", "stepfunctions/")
_ROLE = "arn:aws:iam::000000000000:role/shootout"


def create(ground: Ground, module: str, name: str, handler: str, timeout_s: int, **variables: str) -> str:
    """A function of `bench.contestants.<module>`; its ARN. It gets the ground, and these variables."""
    environment = {**_ground_of_a_function(ground), **variables}
    answer = client(ground, "lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=_ROLE,
        Handler=f"bench.contestants.{module}.{handler}",
        Code={"ZipFile": _package()},
        Timeout=timeout_s,
        MemorySize=MEMORY_MB,
        Environment={"Variables": environment},
    )
    return str(answer["FunctionArn"])


def upload_users(ground: Ground) -> None:
    """Where the main function reads them: the place of a query's result."""
    s3 = client(ground, "s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key=USERS, Body=ground.users_file.read_bytes())


def read_users() -> str:
    """In the main function."""
    return str(boto3.client("s3").get_object(Bucket=BUCKET, Key=USERS)["Body"].read().decode())


def client(ground: Ground, service: str) -> Any:
    """Of the frame, which is not metered."""
    return _client(ground.endpoint, service)


@cache
def _client(endpoint: str, service: str) -> Any:
    create: Any = boto3.client
    return create(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(user_agent_extra="onlyonce/unmetered", read_timeout=30),
    )


def command(main: str = MAIN) -> list[str]:
    """The process that starts the main function and waits for its end."""
    return [sys.executable, "-m", "bench.contestants.functions", main]


def invoke(function: str, event: Mapping[str, str] | None = None) -> int:
    """0 if it ended well."""
    once = Config(retries={"total_max_attempts": 1}, read_timeout=MAIN_TIMEOUT_S)
    answer = boto3.client("lambda", config=once).invoke(FunctionName=function, Payload=json.dumps(event or {}))
    if answer.get("FunctionError"):
        print(answer["Payload"].read().decode(), file=sys.stderr)
        return 1
    return 0


def _ground_of_a_function(ground: Ground) -> Mapping[str, str]:
    """Without AWS's own variables: Lambda sets those."""
    return {name: value for name, value in ground.environment().items() if not name.startswith("AWS_")}


@cache
def _package() -> bytes:
    """The contestants' own code, and boto3 with what it needs."""
    packed, site = io.BytesIO(), Path(boto3.__file__).parents[1]
    own = [ROOT / "bench/__init__.py", *ROOT.glob("bench/contestants/*.py"), *ROOT.glob("bench/shootout/*.py")]
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
        for path in own:
            target.write(path, path.relative_to(ROOT))
        for path in filter(_is_needed, (one for library in _LIBRARIES for one in site.glob(f"{library}/**/*"))):
            target.write(path, path.relative_to(site))
        target.write(site / "six.py", "six.py")
    return packed.getvalue()


def _is_needed(path: Path) -> bool:
    """Not what boto3 knows of services that no design uses."""
    _, data, service = path.as_posix().partition("/botocore/data/")
    return "__pycache__" not in path.parts and (not data or "/" not in service or service.startswith(_SERVICES))


if __name__ == "__main__":
    sys.exit(invoke(sys.argv[1]))
