"""One month on a deployed stack, and a person with a shell: what each play of the runbook sets up and looks at."""

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from local.month.sweeps import Sweeps
from local.rehearse.people import events
from local.rehearse.rehearsal import Rehearsal
from local.stack import engine_pages
from local.stack.deployment import STACK, Deployment
from local.usage import bucket
from shared.aws.dynamodb import DynamoTable
from shared.keys import Key, from_tag
from shared.outbox.outbox import Outbox
from shared.outbox.writes import Known
from shared.rendering.tags import PERIOD_TAG, USER_TAG
from shared.times import utc_now
from tests.e2e.shell import Shell

LEASE = timedelta(minutes=10)


@dataclass(frozen=True)
class Duty:
    """One month on the stack, and a person with a shell."""

    shell: Shell
    rehearsal: Rehearsal

    @property
    def deployment(self) -> Deployment:
        return self.rehearsal.deployment

    @property
    def period(self) -> str:
        return str(self.rehearsal.period)

    @property
    def table(self) -> str:
        return self.deployment.outputs()["OutboxTableName"]

    def type(self, line: str, **how: Any) -> str:
        return self.shell.type(line, self.period, **how)

    def paused(self) -> None:
        """The campaign is paused, whatever it was."""
        if "PAUSED" not in self.type("onlyonce status"):
            self.type('onlyonce pause --reason "staged"')

    def running(self) -> None:
        if "PAUSED" in self.type("onlyonce status"):
            self.type("onlyonce resume")

    def produced(self, *, sent: bool) -> None:
        """All twelve have a message, which waits while the campaign is paused, or is sent."""
        self.running() if sent else self.paused()
        self.rehearsal.load(before=())
        self.rehearsal.produce()
        if sent:
            self.settle()

    def settle(self) -> None:
        """Nothing waits any more, and SES has told everything."""
        with Sweeps(self.deployment):
            self.rehearsal.settle()

    @property
    def outbox(self) -> Outbox:
        return Outbox(DynamoTable(self.deployment.client("dynamodb"), self.table), utc_now)

    def key(self, user: str) -> Key:
        return Key(user, self.period)

    def claimed(self, user: str) -> int:
        """A worker has taken the message; its fence."""
        return self.outbox.claim(self.key(user), "worker", "an execution", utc_now(), 0, LEASE).fence

    def failed(self, user: str, reason: str) -> None:
        self.outbox.fail(self.key(user), Known(fence=self.claimed(user)), reason)

    def uncertain(self, user: str) -> None:
        self.outbox.begin_send(self.key(user), self.claimed(user), "token", LEASE)
        self.outbox.mark_uncertain(self.key(user), "token", "the answer of SES was lost")

    def status(self, user: str) -> str:
        return str(self.item(user)["status"]["S"])

    def item(self, user: str) -> dict[str, Any]:
        key = {"user_id": {"S": user}, "period": {"S": self.period}}
        found: dict[str, Any] = self.deployment.client("dynamodb").get_item(TableName=self.table, Key=key)["Item"]
        return found

    def change(self, user: str, update: str, **values: Any) -> None:
        """As somebody does it by hand."""
        self.deployment.client("dynamodb").update_item(
            TableName=self.table, Key={"user_id": {"S": user}, "period": {"S": self.period}}, UpdateExpression=update,
            ExpressionAttributeValues={f":{name}": value for name, value in values.items()},
        )  # fmt: skip

    def statuses(self) -> dict[str, int]:
        return dict(self.rehearsal.month.outbox.statuses())

    def mailed(self) -> list[str]:
        """The users with a mail of this month, once for each mail."""
        tags = [mail["Tags"] for mail in engine_pages.mails(self.deployment.url)]
        return sorted(from_tag(one[USER_TAG]) for one in tags if one[PERIOD_TAG] == self.period)

    def run_state(self) -> str:
        """Of the month's production."""
        table = self.deployment.outputs()["ControlTableName"]
        key = {"name": {"S": f"run#{self.period}"}}
        return str(self.deployment.client("dynamodb").get_item(TableName=table, Key=key)["Item"]["state"]["S"])

    def logged(self, line: str, *functions: str) -> list[str]:
        """What a query of Logs Insights gives that filters by `message`: the messages' ids."""
        wanted = set(re.findall(r'"(\w+)"', line))
        found = set[str]()
        for function in functions:
            pages = self.deployment.client("logs").get_paginator("filter_log_events")
            for page in pages.paginate(logGroupName=f"/aws/lambda/{STACK}-{function}"):
                for text in (event["message"] for event in page["events"] if event["message"].startswith("{")):
                    said = json.loads(text)
                    if said.get("message") in wanted:
                        found.add(said["message_id"])
        return sorted(found)

    def read(self, file: str) -> Any:
        return json.loads((self.shell.folder / file).read_text())


def load(duty: Duty, people: tuple[str, ...]) -> None:
    used = events(duty.rehearsal.period, people)
    bucket.load(duty.deployment.client("s3"), duty.deployment.outputs()["UsageBucketName"], used)


def half_produced(duty: Duty, messages: int) -> None:
    """The producer is killed on its way: its run is RUNNING, and nobody is at work."""
    duty.rehearsal.load(before=())
    duty.rehearsal.order(f"kill-producer {messages}")
    duty.rehearsal.produce_in_vain()
    assert duty.run_state() == "RUNNING"


def event_of(duty: Duty, user: str, kind: str, **more: Any) -> dict[str, Any]:
    """What SES tells of the user's mail."""
    (mail,) = [
        mail for mail in engine_pages.mails(duty.deployment.url)
        if mail["Tags"][PERIOD_TAG] == duty.period and from_tag(mail["Tags"][USER_TAG]) == user
    ]  # fmt: skip
    tags = {name: [value] for name, value in mail["Tags"].items()}
    return {"eventType": kind, "mail": {"messageId": mail["MessageId"], "tags": tags}, **more}
