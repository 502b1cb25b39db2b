"""The product's functions on the fakes: what is deployed, and one invocation of each in a process of its own."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from handlers import claim, feedback, producer, send, sweeper
from mail.usage.variables import KIND
from shared.aws.ses import Sender, Ses
from shared.aws.ses_account import SesAccount
from shared.aws.step_functions import Executions
from shared.keys import from_tag
from shared.outbox.outbox import Outbox
from shared.outbox.table_pin import KEY, TablePin
from shared.pacing.campaign import Campaign
from shared.pacing.reputation import Harm, Reputation
from shared.producing.checks import Limits
from shared.producing.composer import Composer
from shared.producing.first_pass import FirstPass
from shared.producing.inspection import Account, Inspection
from shared.producing.open_runs import OpenRuns
from shared.producing.pages import Ahead
from shared.producing.rejected_rows import Rejects
from shared.producing.run_records import RunRecords
from shared.producing.second_pass import SecondPass
from shared.producing.unsubscribed import Unsubscribed
from shared.rendering.mail_kind import MailKind, MailTemplate
from shared.rendering.template_variables import TemplateVariables
from shared.rendering.unsubscribing import Unsubscribing
from shared.store import Item
from shared.sweeping.accounting import Accounting
from shared.sweeping.intervals import STRANDED_AFTER
from shared.sweeping.parallel import one_after_the_other
from simulation.fakes.producing import FakeAccount, FakeAthena, FakeFunctions, FakeRejects, when_asked_for
from simulation.fakes.ses import FakeSesClient, Mail
from simulation.fakes.states import FakeStatesClient
from simulation.fakes.table import FakeTable
from simulation.fakes.telemetry import FakeTelemetry
from simulation.fakes.wire import Wire
from simulation.watched_table import WatchedTable

PERIOD = "2026-10"
STACK = "onlyonce-test"
MAIL_TEMPLATE = MailTemplate("usage-1", "{{month}}", "{{total_time}}", "<p>{{month}}</p>")
TEMPLATE = MAIL_TEMPLATE.name
SENDER = "usage@example.com"
LIMITS = {Harm.BOUNCED: 0.02, Harm.COMPLAINED: 0.0008}
LIST, TOPIC = "users", "usage"
SIGNING_KEY = b"0123456789abcdef"
T = TypeVar("T")


class SimulatedStack:
    """Tables, SES and the rest, each a fake, and the real handlers."""

    def __init__(self, users: int, wire: Wire | None = None) -> None:
        self.now = datetime(2026, 11, 1, 6, tzinfo=UTC)
        self.wire = wire or Wire()
        self.outbox_table = WatchedTable("outbox", ("user_id", "period"), self.clock, self.wire)
        self.control_table = FakeTable("control", ("name",), self.clock, self.wire)
        self.unsubscribed_table = FakeTable("unsubscribed", ("user_id",), self.clock, self.wire)
        self.ses_client = FakeSesClient(self.clock, self.wire)
        self.states_client = FakeStatesClient(self.clock, self.wire)
        self.telemetry = FakeTelemetry()
        self.rows: list[dict[str, str | None]] = [usage_row(number) for number in range(users)]
        self.athena = FakeAthena(self.rows, self.wire, self.clock)
        self.ahead: Ahead = when_asked_for
        self.producers = FakeFunctions(self.wire)
        self.send_batch_size = 1
        self.processes: dict[str, TablePin] = {}
        """What each function's process remembers of the table."""
        self.control_table.put({**KEY, "table_id": self.outbox_table.table_id})
        self.unsubscribe = "https://example.com/unsubscribe"

    def clock(self) -> datetime:
        return self.now

    def outbox(self) -> Outbox:
        return Outbox(self.outbox_table, self.clock)

    def forget_the_table(self) -> None:
        """As on a stack on which nothing has run yet."""
        self.control_table.remove(KEY)
        self.processes.clear()

    def pin(self) -> TablePin:
        """Of a new process."""
        return TablePin(self.control_table, self.outbox_table, self.clock)

    def _warm(self, function: str) -> TablePin:
        return self.processes.setdefault(function, self.pin())

    def campaign(self) -> Campaign:
        return Campaign(self.control_table, self.clock, self._account().quota, headroom=0.1)

    def accounting(self) -> Accounting:
        return Accounting(self.control_table, self.outbox(), self.open_runs(), self.clock)

    def _ses(self) -> Ses:
        client: Any = self.ses_client
        return Ses(client, Sender(SENDER, STACK, STACK), self._unsubscribing())

    def _unsubscribing(self) -> Unsubscribing:
        return Unsubscribing(self.unsubscribe, STACK, self._signing_key, LIST, TOPIC)

    def _signing_key(self) -> bytes:
        return self.wire.call("secretsmanager.GetSecretValue", lambda: SIGNING_KEY)

    def _account(self) -> SesAccount:
        client: Any = self.ses_client
        return SesAccount(client)

    def make_template(self, template: MailTemplate) -> None:
        self._account().make(template)

    def _templates(self) -> TemplateVariables:
        return TemplateVariables(self.control_table, self._account().template_parts)

    def produce(
        self,
        event: dict[str, Any] | None = None,
        *,
        remaining_ms: Callable[[], int] = lambda: 900_000,
        only_check: bool = False,
    ) -> dict[str, Any]:
        account = FakeAccount(self.wire, self.make_template)
        deps = self.producer_deps(FakeRejects(self.wire), account, self.producers)
        return producer.handle(event or {"period": PERIOD}, deps, "test", remaining_ms, only_check=only_check)

    def producer_deps(
        self,
        rejects: Rejects,
        account: Account,
        functions: Any,
        *,
        template: MailTemplate = MAIL_TEMPLATE,
        kind: MailKind = KIND,
    ) -> producer.Deps:
        athena: Any = self.athena
        runs, campaign = self.runs(), self.campaign()
        inspection = self.inspection(account, template=template, kind=kind)
        composer = inspection.composer
        first_pass = FirstPass(runs, inspection, rejects, self.telemetry)
        second_pass = SecondPass(self.outbox(), runs, campaign, composer, STRANDED_AFTER)
        return producer.Deps(
            self._warm("producer"), runs, campaign, athena, composer, first_pass, second_pass, rejects, functions,
            self.unsubscribed().users, self.telemetry, self.clock, "Europe/Berlin", self.ahead,
        )  # fmt: skip

    def inspection(
        self, account: Account | None = None, *, template: MailTemplate = MAIL_TEMPLATE, kind: MailKind = KIND
    ) -> Inspection:
        composer = Composer(kind, template, SENDER, self.clock)
        asked = account or FakeAccount(self.wire, self.make_template)
        return Inspection(self.runs(), composer, self._templates().of, asked, Limits(), self._unsubscribing())

    def runs(self) -> RunRecords:
        return RunRecords(self.control_table, self.clock)

    def unsubscribed(self) -> Unsubscribed:
        return Unsubscribed(self.unsubscribed_table, self.clock)

    def open_runs(self) -> OpenRuns:
        return OpenRuns(self.control_table, self.clock)

    def claim_deps(self) -> claim.Deps:
        states: Any = self.states_client
        return claim.Deps(
            self.outbox(), self._warm("claim"), self.campaign(), Executions(states, "arn"), self.telemetry, self.clock,
            MAIL_TEMPLATE, self.make_template, SENDER, self.send_batch_size, sleep=self._sleep,
        )  # fmt: skip

    def claim(self, records: list[dict[str, Any]]) -> dict[str, Any]:
        deps, began = self.claim_deps(), self.now
        return claim.handle(
            {"Records": records}, deps, lambda: 300_000 - (self.now - began) // timedelta(milliseconds=1)
        )

    def send(self, event: Any, remaining_ms: Callable[[], int] = lambda: 60_000) -> dict[str, Any]:
        deps = send.Deps(
            self.outbox(), self._warm("send"), self.campaign(), self._ses(), self._templates(), self.telemetry, self.clock,
            sleep=self._sleep,
        )  # fmt: skip
        return send.handle(event, deps, remaining_ms)

    def sweep(self, remaining_ms: Callable[[], int] = lambda: 200_000) -> dict[str, int]:
        producers: Any = self.producers
        deps = sweeper.Deps(
            self.outbox(), self._warm("sweeper"), self.campaign(), self.telemetry, self.clock, self.accounting(),
            self.open_runs(), producers, attempts=5, in_parallel=self._in_parallel,
        )  # fmt: skip
        return sweeper.handle(deps, remaining_ms)

    def feed_back(self, detail: dict[str, Any]) -> dict[str, str]:
        return feedback.handle({"detail": detail}, self.feedback_deps())

    def feedback_deps(self) -> feedback.Deps:
        return feedback.Deps(self.outbox(), self.telemetry, self.reputation(), STACK, self.unsubscribed(), TOPIC)

    def reputation(self) -> Reputation:
        return Reputation(self.control_table, self.campaign(), self.clock, LIMITS)

    def _in_parallel(self, tasks: Sequence[Callable[[], T]]) -> list[T]:
        return one_after_the_other(tasks)

    def _sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    # --- what came of it ---
    def messages(self) -> list[Item]:
        return self.outbox_table.items()

    def mails(self) -> Counter[str]:
        """Mails of each user in the inbox."""
        return Counter(user_of(mail) for mail in self.ses_client.inbox)

    def statuses(self) -> dict[str, str]:
        return {item["user_id"]: item["status"] for item in self.messages()}


def usage_row(number: int) -> dict[str, str | None]:
    """A row of the usage query, as Athena gives it."""
    return {
        "user_id": f"user-{number:05}",
        "email": f"user-{number:05}@example.com",
        "total_minutes": "1234.500",
        "device_count": "2",
        "active_days": "17",
        "busiest_day": f"{PERIOD}-17",
        "busiest_day_minutes": "141.000",
        "previous_minutes": "1000.000",
        "change_percent": "23.5",
    }


def user_of(mail: Mail) -> str:
    return from_tag(mail.tags["onlyonce-user"])
