"""The product's functions: what one sandbox of each is made of, and keeps from invocation to invocation."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from handlers import claim, feedback, producer, send, sweeper
from mail.usage.variables import KIND
from shared.aws.dynamodb import DynamoTable
from shared.aws.lambda_functions import Functions
from shared.aws.ses import Sender, Ses
from shared.aws.ses_account import SesAccount
from shared.aws.step_functions import Executions
from shared.errors import StoreUnavailableError, UnfitProcessError
from shared.outbox.outbox import Outbox
from shared.outbox.table_pin import TablePin
from shared.pacing.campaign import Campaign
from shared.pacing.reputation import Reputation
from shared.producing.checks import Limits
from shared.producing.composer import Composer
from shared.producing.first_pass import FirstPass
from shared.producing.inspection import Inspection
from shared.producing.open_runs import OpenRuns
from shared.producing.run_records import RunRecords
from shared.producing.second_pass import SecondPass
from shared.producing.unsubscribed import Unsubscribed
from shared.rendering.template_variables import TemplateVariables
from shared.rendering.unsubscribing import NONE, Unsubscribing
from shared.sweeping.accounting import Accounting
from shared.sweeping.intervals import STRANDED_AFTER
from shared.sweeping.parallel import one_after_the_other
from shared.telemetry import Telemetry
from shared.times import Clock
from simulation.fakes.producing import FakeAccount, FakeAthena, FakeRejects, at_once
from simulation.stack import LIMITS, MAIL_TEMPLATE, SENDER, STACK
from tests.explorer.adapters import LambdaClient, OutboxTable, SesClient, StatesClient
from tests.explorer.dynamo import DynamoClient
from tests.explorer.network import Network
from tests.explorer.processes import Processes

TIMEOUT_S = {"claim": 300, "send": 60, "sweeper": 240, "producer": 900, "feedback": 60}
"""Of each function, as serverless.yml has them."""
ATTEMPTS = 3
Remaining = Callable[[], int]
Handle = Callable[[Any, Remaining], Any]


@dataclass
class Aws:
    """The services, in memory."""

    dynamo: DynamoClient
    ses: SesClient
    states: StatesClient
    functions: LambdaClient
    athena: FakeAthena
    network: Network
    processes: Processes


@dataclass
class Sandbox:
    """A function's process between its invocations."""

    kind: str
    handle: Handle
    skew: timedelta
    """What its clock is wrong by."""


@dataclass
class Parts:
    """The adapters and repositories, over one clock, and what is made of them."""

    aws: Aws
    telemetry: Telemetry
    batch: int
    clock: Clock

    @property
    def outbox_table(self) -> OutboxTable:
        return OutboxTable(self.aws.dynamo, self.aws.processes)

    @property
    def control_table(self) -> DynamoTable:
        client: Any = self.aws.dynamo
        return DynamoTable(client, "control")

    @property
    def outbox(self) -> Outbox:
        return Outbox(self.outbox_table, self.clock)

    @property
    def pin(self) -> TablePin:
        return TablePin(self.control_table, self.outbox_table, self.clock)

    @property
    def runs(self) -> RunRecords:
        return RunRecords(self.control_table, self.clock)

    @property
    def open_runs(self) -> OpenRuns:
        return OpenRuns(self.control_table, self.clock)

    @property
    def ses(self) -> Ses:
        client: Any = self.aws.ses
        return Ses(client, Sender(SENDER, STACK, STACK), Unsubscribing(NONE))

    @property
    def account(self) -> SesAccount:
        client: Any = self.aws.ses
        return SesAccount(client)

    @property
    def campaign(self) -> Campaign:
        return Campaign(self.control_table, self.clock, self.account.quota, headroom=0.1)

    @property
    def templates(self) -> TemplateVariables:
        return TemplateVariables(self.control_table, self.account.template_parts)

    def functions(self, name: str) -> Functions:
        client: Any = self.aws.functions
        return Functions(client, name)

    def handler(self, kind: str) -> Handle:
        """What an invocation of that function calls: its `handle`, with what it is given."""
        return {
            "claim": self._claim, "send": self._send, "sweeper": self._sweeper, "producer": self._producer,
            "feedback": self._feedback,
        }[kind]()  # fmt: skip

    def _claim(self) -> Handle:
        states: Any = self.aws.states
        executions = Executions(states, "arn")
        deps = claim.Deps(
            self.outbox, self.pin, self.campaign, executions, self.telemetry, self.clock, MAIL_TEMPLATE,
            self.account.make, SENDER, self.batch, sleep=self.aws.processes.wait,
        )  # fmt: skip
        return lambda event, remaining_ms: claim.handle(event, deps, remaining_ms)

    def _send(self) -> Handle:
        deps = send.Deps(
            self.outbox, self.pin, self.campaign, self.ses, self.templates, self.telemetry, self.clock,
            sleep=self.aws.processes.wait,
        )  # fmt: skip
        return lambda event, remaining_ms: send.handle(event, deps, remaining_ms)

    def _sweeper(self) -> Handle:
        accounting = Accounting(self.control_table, self.outbox, self.open_runs, self.clock)
        deps = sweeper.Deps(
            self.outbox, self.pin, self.campaign, self.telemetry, self.clock, accounting, self.open_runs,
            self.functions("producer"), attempts=ATTEMPTS, in_parallel=one_after_the_other,
        )  # fmt: skip
        return lambda _, remaining_ms: sweeper.handle(deps, remaining_ms)

    def _producer(self) -> Handle:
        rejects, account = FakeRejects(self.aws.network), FakeAccount(self.aws.network, self.account.make)
        athena: Any = self.aws.athena
        runs, campaign, composer = self.runs, self.campaign, Composer(KIND, MAIL_TEMPLATE, SENDER, self.clock)
        inspection = Inspection(runs, composer, self.templates.of, account, Limits(), Unsubscribing(NONE))
        deps = producer.Deps(
            self.pin, runs, campaign, athena, composer,
            FirstPass(runs, inspection, rejects, self.telemetry),
            SecondPass(self.outbox, runs, campaign, composer, STRANDED_AFTER),
            rejects, self.functions("producer"), frozenset, self.telemetry, self.clock, "Europe/Berlin", at_once,
        )  # fmt: skip
        return lambda event, remaining_ms: producer.handle(event, deps, "request", remaining_ms)

    def _feedback(self) -> Handle:
        reputation = Reputation(self.control_table, self.campaign, self.clock, LIMITS)
        unsubscribed = Unsubscribed(self.control_table, self.clock)
        deps = feedback.Deps(self.outbox, self.telemetry, reputation, STACK, unsubscribed, "")
        return lambda detail, _: feedback.handle({"detail": detail}, deps)


def ends_the_process(kind: str, error: BaseException) -> bool:
    """As `handlers.send.handler` has it: such a process must not be asked again."""
    unfit = isinstance(error, UnfitProcessError) or (isinstance(error, StoreUnavailableError) and error.unfit)
    return kind == "send" and unfit
