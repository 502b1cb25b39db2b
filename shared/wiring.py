"""Makes the functions' AWS clients and puts the adapters together. Each part is made once a process."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import boto3
from botocore.config import Config

from shared import settings
from shared.aws.dynamodb import DynamoTable
from shared.aws.dynamodb_wire import write_statements_as_they_are
from shared.aws.lambda_functions import Functions
from shared.aws.powertools import PowertoolsTelemetry
from shared.aws.s3 import S3Rejects
from shared.aws.secrets import SigningKey
from shared.aws.ses import Sender, Ses, ask
from shared.aws.ses_account import SesAccount
from shared.aws.step_functions import Executions
from shared.aws.tls import read_certificates_once
from shared.errors import StoreUnavailableError
from shared.outbox.new_message import RETENTION
from shared.outbox.outbox import Outbox
from shared.outbox.table_pin import TablePin
from shared.pacing.campaign import Campaign
from shared.pacing.pace import Quota
from shared.pacing.reputation import Harm, Reputation
from shared.producing.open_runs import OpenRuns
from shared.producing.run_records import RunRecords
from shared.producing.unsubscribed import Unsubscribed
from shared.rendering.template_variables import TemplateVariables
from shared.rendering.unsubscribing import Unsubscribing
from shared.sweeping.accounting import REDACT_AFTER, Accounting
from shared.telemetry import Telemetry
from shared.times import utc_now

if TYPE_CHECKING:
    from shared.aws.athena import Athena

T = TypeVar("T")

SES_CONNECT_TIMEOUT_S = 3
SES_READ_TIMEOUT_S = 20
"""Together well below the send function's own time: an ask must end while its answer can still be recorded."""
_RETRYING = Config(retries={"mode": "standard", "total_max_attempts": 4}, connect_timeout=3, read_timeout=10)
_TABLE = _RETRYING.merge(Config(parameter_validation=False))
"""`to_wire` makes valid requests only, and DynamoDB checks them: the SDK's own check takes a fifth of the producer's CPU."""
_SES_ONCE = Config(
    retries={"mode": "standard", "total_max_attempts": 1},
    connect_timeout=SES_CONNECT_TIMEOUT_S,
    read_timeout=SES_READ_TIMEOUT_S,
)
"""One HTTP request for one send_email: the SDK repeats a lost answer up to 3 times by default (source: sdk-resends)."""


@dataclass(frozen=True)
class Platform:
    """What the functions' code runs in: Lambda, unless `run_on` was told of another."""

    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    """The variables that serverless.yml gives the functions."""
    session: Callable[[], boto3.session.Session] = boto3.session.Session
    telemetry: Callable[[str], Telemetry] | None = None
    """Of a function; None: Powertools'."""


_platform = Platform()


def run_on(platform: Platform) -> None:
    """Every part that is made from now on is made for this one. Call it before the first."""
    global _platform
    _platform = platform


def at_start(make: Callable[[], T]) -> Callable[[], T]:
    """Makes it once: on Lambda while the environment starts, which has a whole vCPU. The first invocation has but the CPU that
    goes with the function's memory (source: lambda-init-cpu).
    """
    made = cache(make)
    if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
        made()
    return made


def environment(kind: type[T]) -> T:
    return settings.read(kind, _platform.environ)


@cache
def session() -> boto3.session.Session:
    read_certificates_once()
    return _platform.session()


@cache
def table(name: str, writers: int = 1) -> DynamoTable:
    client = session().client("dynamodb", config=_TABLE)
    write_statements_as_they_are(client)
    return DynamoTable(client, name, writers)


@cache
def outbox(table_name: str, writers: int = 1, address_days: int = 0) -> Outbox:
    """`writers`: inserts at a time. `address_days`: how long an address stays where the story is over."""
    return Outbox(table(table_name, writers), utc_now, keeps_address=address_days > 0)


@cache
def table_pin(outbox_table: str, control_table: str) -> TablePin:
    return TablePin(table(control_table), table(outbox_table), utc_now)


@cache
def campaign(table_name: str, headroom: float) -> Campaign:
    return Campaign(table(table_name), utc_now, account_quota, headroom)


@cache
def reputation(table_name: str, limits: tuple[tuple[Harm, float], ...]) -> Reputation:
    """Of a campaign that is there: nothing bounces before it has begun."""
    store = table(table_name)
    return Reputation(store, Campaign(store, utc_now, _no_quota, headroom=0.0), utc_now, dict(limits))


def _no_quota() -> Quota:
    raise StoreUnavailableError("the campaign has no control item")


def account_quota() -> Quota:
    return account().quota()


@cache
def account() -> SesAccount:
    """SES for questions."""
    return SesAccount(session().client("sesv2", config=_RETRYING))


@cache
def ses(sender: Sender, way_out: Unsubscribing, read_timeout_s: float = SES_READ_TIMEOUT_S) -> Ses:
    return new_ses(sender, way_out, read_timeout_s)


def new_ses(sender: Sender, way_out: Unsubscribing, read_timeout_s: float) -> Ses:
    """SES for sending, with connections of its own: the SDK's retries are off."""
    config = _SES_ONCE.merge(Config(read_timeout=read_timeout_s))
    return Ses(session().client("sesv2", config=config), sender, way_out)


def ask_ses(request: dict[str, Any]) -> str:
    """One ask of SES for a mail of no message. Raises as `shared.aws.ses.ask`."""
    return ask(session().client("sesv2", config=_SES_ONCE), request)


def unsubscribing(of: settings.SendSettings | settings.ProducerSettings) -> Unsubscribing:
    """As the stage has it, with a key that is read once."""
    return Unsubscribing(
        of.unsubscribe, of.stack, lambda: signing_key(of.unsubscribe_secret)(), of.contact_list, of.contact_topic
    )


@cache
def signing_key(secret_id: str) -> SigningKey:
    return SigningKey(session().client("secretsmanager", config=_RETRYING), secret_id)


@cache
def templates(table_name: str) -> TemplateVariables:
    return TemplateVariables(table(table_name), account().template_parts)


@cache
def executions(state_machine_arn: str) -> Executions:
    return Executions(session().client("stepfunctions", config=_RETRYING), state_machine_arn)


@cache
def runs(table_name: str, retention: timedelta = RETENTION) -> RunRecords:
    return RunRecords(table(table_name), utc_now, retention)


@cache
def unsubscribed(table_name: str) -> Unsubscribed:
    return Unsubscribed(table(table_name), utc_now)


@cache
def open_runs(table_name: str) -> OpenRuns:
    return OpenRuns(table(table_name), utc_now)


@cache
def accounting(outbox_table: str, control_table: str, address_days: int) -> Accounting:
    redact_after = max(REDACT_AFTER, timedelta(days=address_days))
    return Accounting(table(control_table), outbox(outbox_table), open_runs(control_table), utc_now, redact_after)


@cache
def functions(name: str) -> Functions:
    return Functions(session().client("lambda", config=_RETRYING), name)


@cache
def athena(database: str, work_group: str, bucket: str) -> "Athena":
    """Imported here: the producer alone needs PyAthena, which would make the cold starts of the others longer."""
    from shared.aws.athena import Athena

    return Athena(session(), database, work_group, f"s3://{bucket}/athena/")


@cache
def rejects(bucket: str) -> S3Rejects:
    return S3Rejects(session().client("s3", config=_RETRYING), bucket)


@cache
def telemetry(function: str, *, counts_in_line: bool = False) -> Telemetry:
    if _platform.telemetry is not None:
        return _platform.telemetry(function)
    return PowertoolsTelemetry(function, counts_in_line=counts_in_line)
