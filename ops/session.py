"""An operator's session: what every command works with, put together once. The writes are the product's own."""

import os
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console

from ops import aws
from ops.errors import RefusedError
from ops.privacy.bucket import Bucket
from ops.questions import Ask, Questions
from shared import wiring
from shared.outbox.outbox import Outbox
from shared.outbox.states import Status
from shared.outbox.table_pin import Standing, TablePin
from shared.pacing.campaign import Campaign
from shared.pacing.control_item import KEY
from shared.pacing.pace import Quota
from shared.producing.inspection import Account
from shared.producing.open_runs import OpenRuns
from shared.producing.run_records import RunRecords
from shared.producing.unsubscribed import Unsubscribed
from shared.store import Item, Store
from shared.sweeping.accounting import Accounting
from shared.times import Clock, utc_now

if TYPE_CHECKING:
    from shared.aws.athena import Athena

FOREIGN = "the outbox is another table than this stack has worked with: nothing is moved until `onlyonce reconcile`"


@dataclass(frozen=True)
class Session:
    """One stage's tables and functions, and the person who types."""

    name: str
    """The stack's, and where it is."""
    stage: aws.Stage
    read: Ask
    """Any question to AWS."""
    messages: Store
    """The outbox table, to read: an operator wants to see also what no function can read."""
    control: Store
    outbox: Outbox
    pin: TablePin
    campaign: Campaign
    runs: RunRecords
    open_runs: OpenRuns
    accounting: Accounting
    unsubscribed: Callable[[], Unsubscribed]
    """Who gets no more mail. Raises RefusedError if the stage is older than that."""
    athena: Callable[[str, str, str], "Athena"]
    """Of a database and a work group, with its results in a bucket."""
    account: Callable[[], Account]
    """SES, asked as the producer asks it."""
    bucket: Callable[[], Bucket]
    """The usage bucket."""
    scan: Callable[[str], Iterator[Item]]
    """Every item of another table."""
    find: Callable[[str, Collection[Status]], Iterator[Item]]
    """A month's messages in one of these statuses, by reading the whole outbox."""
    produce: Callable[[dict[str, Any]], dict[str, Any]]
    sweep: Callable[[], None]
    """Starts the sweeper, without waiting for it. Raises FunctionStartError."""
    send: Callable[[dict[str, Any]], str]
    """One ask of SES, outside the outbox; its id for the mail. Raises as `shared.aws.ses.ask`."""
    caller: Callable[[], str]
    """Their name, for the record."""
    clock: Clock
    console: Console
    ask: Callable[[str], str]
    """Shows a question and gives what is typed. Raises EOFError where nobody can type."""

    def say(self, text: str) -> None:
        """A line that is not broken: what it names can be copied into a command."""
        self.console.print(text, soft_wrap=True)

    def agree(self, question: str, wanted: str) -> None:
        """Raises RefusedError unless what is wanted is typed."""
        try:
            answer = self.ask(question)
        except EOFError:
            raise RefusedError(
                "nobody is there to answer: nothing was done. --yes goes on without the question"
            ) from None
        if answer.strip() != wanted:
            raise RefusedError("nothing was done")

    def check_table(self) -> None:
        """Raises RefusedError on a foreign table: what is known of its messages may not be true any more."""
        if self.pin.look().standing is Standing.FOREIGN:
            raise RefusedError(FOREIGN)

    @property
    def paused(self) -> str | None:
        """Why the campaign is paused."""
        return (self.control.get(KEY) or {}).get("paused") or None


def open_session(stage_name: str, console: Console) -> Session:
    """Raises RefusedError, BotoCoreError, ClientError when the stage is unavailable."""
    sdk = wiring.session()
    stage = aws.find_stage(stage_name, aws.ask_for_stacks(sdk))
    questions = Questions(lambda service: sdk.client(service, config=aws.ASKING))  # type: ignore[call-overload]
    messages, control = wiring.table(stage.outbox_table), wiring.table(stage.control_table)
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    return Session(
        name=f"{stage.name} on {endpoint}" if endpoint else stage.name,
        stage=stage,
        read=questions,
        messages=messages,
        control=control,
        outbox=wiring.outbox(stage.outbox_table, address_days=stage.address_days),
        pin=wiring.table_pin(stage.outbox_table, stage.control_table),
        campaign=campaign_of(control, utc_now),
        runs=wiring.runs(stage.control_table),
        open_runs=wiring.open_runs(stage.control_table),
        accounting=wiring.accounting(stage.outbox_table, stage.control_table, stage.address_days),
        unsubscribed=lambda: wiring.unsubscribed(stage.unsubscribed_table),
        athena=wiring.athena,
        account=wiring.account,
        bucket=lambda: Bucket(questions.client("s3"), stage.outputs["UsageBucketName"]),
        scan=lambda table: aws.scan(table, questions.client("dynamodb")),
        find=lambda period, statuses: aws.find(stage.outbox_table, period, statuses, questions.client("dynamodb")),
        produce=lambda event: aws.produce(stage.producer_function, event, sdk.client("lambda", config=aws.PRODUCING)),
        sweep=lambda: wiring.functions(stage.sweeper_function).start({}),
        send=wiring.ask_ses,
        caller=lambda: aws.caller(sdk.client("sts", config=aws.ASKING)),
        clock=utc_now,
        console=console,
        ask=input,
    )


def campaign_of(control: Store, clock: Clock) -> Campaign:
    """The campaign that is there. It is never begun from here: that takes the share of the quota (`headroom`) that
    only the functions know.
    """
    return Campaign(control, clock, _no_campaign, headroom=0.0)


def _no_campaign() -> Quota:
    raise RefusedError("the campaign has no record yet: the sweeper writes it within minutes of the first deployment")
