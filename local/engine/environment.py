"""The environment variables that MiniStack reads, all of them decided here and none inherited by accident."""

import os
from collections.abc import MutableMapping
from pathlib import Path

HOST = "127.0.0.1"
REGION = "us-east-1"
DEFAULT_LAMBDA_CONCURRENCY = "1000"
"""AWS's own default for an account."""
DEFAULT_LAMBDA_PROCESSES = "32"
"""Mostly they wait. A worker is a forked process, with some 15 MB of its own."""

# What a developer's shell may hold and what would change the engine or leak into its Lambdas: credentials and
# endpoints of a real account, a PYTHONPATH that would put the checkout on a worker's sys.path, MiniStack's switches.
_FOREIGN_PREFIXES = ("AWS_", "PYTHON", "MINISTACK_", "LAMBDA_", "LOCALSTACK_", "SFN_", "S3_")
_FOREIGN = ("AUTH", "EDGE_PORT", "GATEWAY_PORT", "PERSIST_STATE", "SERVICES", "STATE_DIR", "USE_SSL", "VIRTUAL_ENV")
_OURS = ("LAMBDA_ACCOUNT_CONCURRENCY", "LAMBDA_PROCESSES")


def set_environment(
    port: int, scratch: Path, data_dir: Path | None, environ: MutableMapping[str, str] = os.environ
) -> None:
    """Make `environ` the engine's: bound to 127.0.0.1 only, no Docker, memory only unless there is a data_dir.

    `scratch` takes temporary files (unpacked Lambdas). LAMBDA_ACCOUNT_CONCURRENCY (the account's limit of
    concurrent Lambda executions) is kept if it is set, and so is LOG_LEVEL.
    """
    for name in list(environ):
        if (name.startswith(_FOREIGN_PREFIXES) or name in _FOREIGN) and name not in _OURS:
            del environ[name]
    environ.setdefault("LAMBDA_ACCOUNT_CONCURRENCY", DEFAULT_LAMBDA_CONCURRENCY)
    environ.setdefault("LAMBDA_PROCESSES", DEFAULT_LAMBDA_PROCESSES)
    environ.setdefault("LOG_LEVEL", "WARNING")
    environ.update(
        BIND_HOST=HOST,
        GATEWAY_PORT=str(port),
        MINISTACK_HOST=HOST,
        MINISTACK_REGION=REGION,
        AWS_DEFAULT_REGION=REGION,
        AWS_SECRET_ACCESS_KEY="local",
        AWS_EC2_METADATA_DISABLED="true",
        IOT_MTLS_ENABLED="0",
        SFTP_ENABLED="0",
        LAMBDA_EXECUTOR="local",
        DOCKER_HOST="unix:///nonexistent/docker.sock",
        SFN_WAIT_SCALE="1",
        TMPDIR=str(scratch),
    )
    durable = data_dir is not None
    root = data_dir or scratch
    environ.update(
        PERSIST_STATE=str(int(durable)),
        STATE_DIR=str(root / "state"),
        S3_PERSIST=str(int(durable)),
        S3_DATA_DIR=str(root / "s3"),
    )
