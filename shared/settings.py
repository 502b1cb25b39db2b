"""What each function's environment tells it. A field's name in capitals is its variable; a test compares them with
serverless.yml.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TypeVar

from shared.errors import MissingSettingError

T = TypeVar("T")


@dataclass(frozen=True)
class ProducerSettings:
    outbox_table: str
    control_table: str
    unsubscribed_table: str
    usage_bucket: str
    athena_database: str
    athena_work_group: str
    mail_kind: str
    """A folder of mail/."""
    stack: str
    time_zone: str
    unsubscribe: str
    """The https:// address of one's own page, ses, or none."""
    unsubscribe_secret: str
    """The ARN of what tokens are signed with; "" where there is no page of one's own."""
    contact_list: str
    contact_topic: str
    sender: str
    reply_to: str
    producer_function: str
    writers: int
    max_rejected: float
    max_change: float
    headroom: float
    stranded_after_s: int
    retention_days: int


@dataclass(frozen=True)
class ClaimSettings:
    outbox_table: str
    control_table: str
    state_machine_arn: str
    send_batch_size: str
    """A number, or "auto"."""
    mail_kind: str
    """A folder of mail/."""
    stack: str
    unsubscribe: str
    sender: str
    reply_to: str
    headroom: float
    claim_lease_s: int
    stranded_after_s: int
    retention_days: int


@dataclass(frozen=True)
class SendSettings:
    outbox_table: str
    control_table: str
    sender: str
    configuration_set: str
    stack: str
    unsubscribe: str
    unsubscribe_secret: str
    contact_list: str
    contact_topic: str
    headroom: float
    ses_read_timeout_s: int
    send_lease_s: int
    claim_lease_s: int


@dataclass(frozen=True)
class SweeperSettings:
    outbox_table: str
    control_table: str
    producer_function: str
    attempts: int
    headroom: float
    stranded_after_s: int
    address_days: int


@dataclass(frozen=True)
class FeedbackSettings:
    outbox_table: str
    control_table: str
    max_bounced: float
    max_complained: float
    unsubscribed_table: str
    stack: str
    contact_topic: str
    address_days: int


def read(kind: type[T], environ: Mapping[str, str]) -> T:
    """The settings of a function. Raises MissingSettingError naming every variable that is missing or wrong."""
    values: dict[str, object] = {}
    wrong = []
    for one in fields(kind):  # type: ignore[arg-type]
        variable = one.name.upper()
        convert = {"float": float, "int": int}.get(str(getattr(one.type, "__name__", one.type)), str)
        try:
            values[one.name] = convert(environ[variable])
        except KeyError:
            wrong.append(f"{variable} is not set")
        except ValueError:
            wrong.append(f"{variable}={environ[variable]!r} is no {convert.__name__}")
    if wrong:
        raise MissingSettingError(f"{kind.__name__}: {'; '.join(wrong)}")
    return kind(**values)
