"""A month of a deployed stage, put together as its producer has it, from the producer's own environment."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from mail import kind_of
from ops import suppressed
from ops.doctor.deployed import Deployed
from ops.doctor.next_time import next_time
from ops.errors import RefusedError, UnreadableError
from ops.session import Session
from shared import settings
from shared.pacing.pace import Quota
from shared.periods import Period
from shared.producing.checks import Limits
from shared.producing.composer import Composer
from shared.producing.inspection import Inspection
from shared.producing.run import FROM_THE_START, Run, readable, run_of
from shared.rendering.handlebars import required_variables
from shared.rendering.mail_kind import MailKind
from shared.rendering.unsubscribing import Unsubscribing
from shared.settings import ProducerSettings

if TYPE_CHECKING:
    from shared.aws.athena import Athena

SIGNS_NOTHING = b"preflight"
"""In the place of the key: who looks at a mail must not be able to unsubscribe its recipient."""
NEW_RUN = {**FROM_THE_START, "fence": 0, "attempt": 0}


@dataclass(frozen=True)
class Month:
    """Nothing in here writes; but that `inspection` has SES's template made, if SES lacks it, as the run would."""

    session: Session
    deployed: Deployed
    settings: ProducerSettings
    period: Period

    @classmethod
    def of(cls, session: Session, period: Period) -> "Month":
        """Raises UnreadableError; MissingSettingError for a stage that is older than this checkout."""
        deployed = Deployed.of(session)
        return cls(session, deployed, settings.read(ProducerSettings, deployed.variables("Producer")), period)

    @cached_property
    def run(self) -> Run | None:
        """Raises RefusedError for a record that was edited."""
        record = self.session.runs.get(self.period)
        if record is not None and not readable(record):
            raise RefusedError(f"the record run#{self.period} was edited and can't be read: mend it in the console")
        return None if record is None else run_of(self.period, record)

    @property
    def or_new_run(self) -> Run:
        return self.run or run_of(self.period, NEW_RUN)

    @cached_property
    def athena(self) -> "Athena":
        told = self.settings
        return self.session.athena(told.athena_database, told.athena_work_group, told.usage_bucket)

    @cached_property
    def kind(self) -> MailKind:
        return kind_of(self.settings.mail_kind)

    @cached_property
    def inspection(self) -> Inspection:
        told, template = self.settings, self.kind.files.template(self.settings.stack, self.settings.unsubscribe)
        link = Unsubscribing(told.unsubscribe, told.stack, lambda: SIGNS_NOTHING, told.contact_list, told.contact_topic)
        return Inspection(
            runs=self.session.runs,
            composer=Composer(self.kind, template, told.sender, self.session.clock, told.reply_to),
            required=lambda template: required_variables(template.parts),
            account=self.session.account(),
            limits=self.limits,
            unsubscribing=link,
        )

    @property
    def limits(self) -> Limits:
        return Limits(self.settings.max_rejected, self.settings.max_change)

    @property
    def quota(self) -> tuple[Quota, float]:
        """And how many mails the account has sent in the last 24 hours."""
        told = self.deployed.ask("sesv2", "get_account")["SendQuota"]
        return Quota(told["MaxSendRate"], told["Max24HourSend"]), told["SentLast24Hours"]

    def suppressed(self) -> tuple[Collection[str] | None, str]:
        """The addresses that SES keeps mails from, in small letters; None and the reason if nobody can tell. An address counts
        whose reason is among those of the account (source: ses-suppression-match).
        """
        try:
            reasons = (
                self.deployed.ask("sesv2", "get_account").get("SuppressionAttributes", {}).get("SuppressedReasons", [])
            )
            listed = suppressed.addresses(self.session.read)
            return frozenset(one.address.lower() for one in listed if one.reason in reasons), ""
        except (RefusedError, UnreadableError) as error:
            return None, str(error)

    def scheduled(self, now: datetime) -> tuple[datetime | None, str]:
        """When a schedule will produce this month; None and the reason if none will, or nobody can tell."""
        try:
            found = self.deployed.ask("scheduler", "get_schedule", Name=self.deployed.named("MonthlySchedule"))
        except UnreadableError as error:
            return None, f"nobody can tell: {error}"
        if found["State"] != "ENABLED":
            return None, "the schedule is off"
        due = next_time(found["ScheduleExpression"], ZoneInfo(found.get("ScheduleExpressionTimezone", "UTC")), now)
        if due is None or Period.before(due, self.settings.time_zone) != self.period:
            return None, f"its next time is {'of another month' if due else 'unknown here'}"
        return due, ""
