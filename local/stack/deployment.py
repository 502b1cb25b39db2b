"""The product as serverless.yml describes it, put onto an embedded AWS by the real deployment tool."""

import fcntl
import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.config import Config

from local.stack.detached_engine import shown, tail
from local.stack.embedded_aws import ROOT
from local.stack.isolation import credentials, isolated, session
from local.stack.stage_settings import STAGE

STACK = f"onlyonce-{STAGE}"
ZIP = ROOT / ".local/onlyonce.zip"
TIMEOUT_S = 180
OPERATOR = "operator@example.com"
# The tool looks every 5 s whether CloudFormation is done; here it is done in less.
_POLL_MS = 250
_OSLS = ROOT / "node_modules/.bin/osls"
_LOCK = ROOT / ".local/deploy.lock"


class DeploymentError(Exception):
    """serverless.yml was not deployed."""


class Deployment:
    """The deployed stack of a stage on the embedded AWS at `url`."""

    def __init__(self, url: str, stage: str = STAGE, checkout: Path = ROOT) -> None:
        self.url = url
        self._stage = stage
        self._checkout = checkout
        self._session = session()

    def deploy(self, log: Path, params: Mapping[str, int | str] | None = None) -> None:
        """Deploy, verify the sender's address as a mailbox's owner would, and subscribe an operator to the alarms; the
        tool's output goes to `log`.

        `params` take the place of settings in mail/stages.yml.

        One at a time in this checkout, because the tool keeps its work in .serverless. Raises DeploymentError.
        """
        for needed, made_by in ((_OSLS, "npm ci"), (ZIP, "make package")):
            if not needed.exists():
                raise DeploymentError(f"{shown(needed)} is missing; `{made_by}` makes it")
        with _LOCK.open("w") as lock, log.open("wb") as output:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                status = subprocess.run(
                    [str(_OSLS), "deploy", "--stage", self._stage, "--verbose", *_options(params or {})],
                    cwd=self._checkout,
                    env={**isolated(os.environ, self.url), "SLS_AWS_MONITORING_FREQUENCY": str(_POLL_MS)},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    timeout=TIMEOUT_S,
                    check=False,
                ).returncode
            except subprocess.TimeoutExpired:
                status = -1
        if status:
            why = f"ended with status {status}" if status > 0 else f"did not end within {TIMEOUT_S} s"
            raise DeploymentError(f"osls deploy {why}; from the end of {shown(log)}:\n{_error_in(tail(log))}")
        outputs = self.outputs()
        self.client("sesv2").create_email_identity(EmailIdentity=outputs["SenderAddress"])
        topic = {"TopicArn": outputs["AlarmTopicArn"], "Protocol": "email", "Endpoint": OPERATOR}
        self.client("sns").subscribe(**topic)

    def outputs(self) -> dict[str, str]:
        """The stack's outputs by name."""
        stack = self.client("cloudformation").describe_stacks(StackName=f"onlyonce-{self._stage}")["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def shell_environment(self) -> str:
        """Shell lines that export what the AWS CLI, an SDK, `onlyonce` and a person at the prompt need."""
        named = {re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper(): value for name, value in self.outputs().items()}
        variables = {**credentials(self.url), "ONLYONCE_STAGE": STAGE, **named}
        unset = "unset AWS_PROFILE AWS_SESSION_TOKEN\n"
        return unset + "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())

    def client(self, service: str, **options: Any) -> Any:
        """A boto3 client that can reach nothing else."""
        config = Config(retries={"total_max_attempts": 1}, proxies={}).merge(Config(**options))
        return self._session.client(service, endpoint_url=self.url, config=config)  # type: ignore[call-overload]


def _error_in(output: str) -> str:
    """What the tool says in the end, without the resources before it, if it says so under "Error:"."""
    said = [line for line in output.rpartition("\nError:\n")[2].splitlines() if "https://" not in line]
    return "\n".join(said).strip()


def _options(params: Mapping[str, int | str]) -> list[str]:
    return [option for name, value in params.items() for option in ("--param", f"{name}={value}")]
