"""The deployed stage that the DAG works for: settings and names from its stack, credentials from an Airflow connection."""

import logging
import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from time import monotonic
from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.sdk import Variable
from airflow.sdk.exceptions import AirflowFailException
from botocore.config import Config
from botocore.exceptions import ClientError

from dags.executions import ExecutionsHere, Stopping
from dags.sending import AGAIN, Sending
from dags.ses_of_threads import SesOfThreads
from handlers import claim, producer, send
from shared import wiring
from shared.aws.ses import Sender
from shared.outbox.outbox import Outbox
from shared.redaction import redacted
from shared.settings import SendSettings
from shared.store import Store
from shared.times import utc_now

CONNECTION = "onlyonce_aws"
"""The Airflow connection, of the type aws, whose credentials all tasks use."""
STAGE = "onlyonce_stage"
"""The Airflow variable that names the stage."""
THREADS = 64
"""Executions of a task that are awake at once: each sleeps from slot to slot."""
_FUNCTIONS = ("producer", "claim", "send")
_log = logging.getLogger(__name__)


class TaskTelemetry:
    """Into the task's log: what was refused, line by line; what was done, in numbers. Neither has an address in it."""

    def __init__(self, function: str) -> None:
        self._function = function
        self.counted: Counter[str] = Counter()

    def count(self, event: str, **_: Any) -> None:
        self.counted[event] += 1

    def refuse(self, event: str, error: Exception, **facts: Any) -> None:
        self.counted[event] += 1
        _log.warning("%s: %s %s: %s: %s", self._function, event, _told(facts), type(error).__name__, redacted(error))

    def gauge(self, name: str, value: float) -> None:
        """The sweeper of the stack tells the metrics."""

    def debug(self, event: str, **facts: Any) -> None:
        _log.debug("%s: %s %s", self._function, event, _told(facts))

    def flush(self) -> None:
        """Tells the numbers."""
        if self.counted:
            told = ", ".join(f"{name} {number:,}" for name, number in sorted(self.counted.items()))
            _log.info("%s: %s", self._function, told)


def _told(facts: dict[str, Any]) -> str:
    return redacted(" ".join(f"{name}={fact}" for name, fact in facts.items()))


@dataclass(frozen=True)
class Stage:
    """What the tasks work with: the handlers' own parts, made for this stage."""

    name: str
    send_timeout_s: int
    """How long one invocation of send may take, as the stage is deployed."""

    @property
    def producer(self) -> producer.Deps:
        return producer.make_deps()

    @property
    def outbox(self) -> Outbox:
        return claim.make_deps().outbox

    @property
    def rate(self) -> float:
        """Mails a second, as the campaign has it by now."""
        return claim.make_deps().campaign.state().pace.rate

    @property
    def store(self) -> Store:
        """The outbox's table."""
        return wiring.table(wiring.environment(SendSettings).outbox_table)

    @contextmanager
    def sending(self, owner: str, stopping: Stopping, again: timedelta = AGAIN, turn: int = 0) -> Iterator[Sending]:
        """For one task, which `owner` names. `again` and `turn`: as `Sending`."""
        deps, claims = replace(self._send_deps(), sleep=stopping.sleep), claim.make_deps()

        def invoke(payload: dict[str, Any]) -> dict[str, Any]:
            ends_at = monotonic() + self.send_timeout_s

            def remaining_ms() -> int:
                """None when the process is to end: no ask is begun then."""
                return 0 if stopping.asked else int(1000 * (ends_at - monotonic()))

            return send.handle(payload, deps, remaining_ms)

        with ThreadPoolExecutor(THREADS, "send") as pool:
            here = ExecutionsHere(invoke, utc_now, pool, stopping)
            try:
                yield Sending(claims, here, owner, _log.info, stopping, max(AGAIN, again), turn)
            finally:
                here.close()
                _tell_failed(here)
                claims.telemetry.flush()
                deps.telemetry.flush()

    def _send_deps(self) -> send.Deps:
        settings = wiring.environment(SendSettings)
        sender = Sender(settings.sender, settings.configuration_set, settings.stack)
        way_out = wiring.unsubscribing(settings)
        if (
            settings.unsubscribe_secret
        ):  # its client is made now: threads don't share a session that makes any (source: sdk-threads)
            wiring.signing_key(settings.unsubscribe_secret)
        ses = SesOfThreads(lambda: wiring.new_ses(sender, way_out, settings.ses_read_timeout_s))
        return replace(send.make_deps(), ses=ses)


def _tell_failed(here: ExecutionsHere) -> None:
    """Why is in the lines before, of each message."""
    for name, number in here.failed.items():
        _log.warning("%s executions ended in %s", f"{number:,}", name)


def enter() -> Stage:
    """The stage, for the rest of this process. Raises AirflowFailException, which says what is missing."""
    name = Variable.get(STAGE, default="")
    if not name:
        raise AirflowFailException(f"which stage? `airflow variables set {STAGE} prod` names it")
    logging.getLogger("botocore").setLevel(logging.WARNING)  # it tells of each client that is made
    hook = AwsBaseHook(aws_conn_id=CONNECTION, client_type="lambda")
    if endpoint := hook.conn_config.endpoint_url:
        os.environ["AWS_ENDPOINT_URL"] = endpoint  # for every client of this process
    session = hook.get_session()
    session._session.set_default_client_config(Config(max_pool_connections=THREADS))  # boto3 has no argument for it
    found = [_function(session.client("lambda"), f"onlyonce-{name}-{function}") for function in _FUNCTIONS]
    environ: dict[str, str] = {}
    for one in found:
        environ |= one["Environment"]["Variables"]
    wiring.run_on(wiring.Platform(environ, lambda: session, TaskTelemetry))
    return Stage(name, found[-1]["Timeout"])


def _function(client: Any, name: str) -> dict[str, Any]:
    """Its deployed settings."""
    try:
        found: dict[str, Any] = client.get_function_configuration(FunctionName=name)
        return found
    except ClientError as error:
        raise AirflowFailException(
            f"the function {name} can't be looked at: {error}. The variable {STAGE} and the connection {CONNECTION} name a stage "
            f"that is deployed in {client.meta.region_name}, and credentials that may read its functions' settings "
            "(docs/airflow.md)"
        ) from error
