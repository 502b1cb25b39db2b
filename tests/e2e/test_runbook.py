"""docs/runbook.md: each of its commands, typed as it stands, in the state in which the page wants it, on a deployed stack.

A section's lines are unpacked: a line that is new, or gone, breaks its play. A month of twelve people is each play's own.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from local.month.sweeps import Sweeps
from local.rehearse.people import PEOPLE, events
from local.rehearse.rehearsal import PARAMS, Rehearsal
from local.stack import engine_pages
from local.stack.deployment import STACK, Deployment
from local.stack.embedded_aws import ROOT
from local.stack.stack import passing_stack
from local.usage import bucket
from shared.aws.dynamodb import DynamoTable
from shared.keys import Key, from_tag
from shared.outbox.outbox import Outbox
from shared.outbox.states import Status
from shared.outbox.writes import Known
from shared.periods import Period
from shared.rendering.tags import PERIOD_TAG, USER_TAG
from shared.times import utc_now
from tests.conformance.account import eventually
from tests.e2e.shell import Shell, sections

SECTIONS = sections(ROOT / "docs/runbook.md")
LEASE = timedelta(minutes=10)
MENDED_SENDER = "usage@example.com"


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
        return self.outbox.claim(self.key(user), "worker", utc_now(), 0, LEASE).fence

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


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    folder: Path = tmp_path_factory.mktemp("runbook")
    with passing_stack(folder / "stack", lambda _: None, PARAMS) as deployment:
        yield Shell(deployment, folder / "desk")


def first_of_all(duty: Duty, lines: list[list[str]]) -> None:
    ((status, doctor, log),) = lines
    duty.produced(sent=True)
    assert "running" in duty.type(status)
    assert "✗" not in duty.type(doctor)
    message_id = duty.item("ann")["message_id"]["S"]
    assert "mark_sent" in duty.type(log, MESSAGE_ID=message_id)


def held(duty: Duty, lines: list[list[str]]) -> None:
    ((held, redrive, delete, again, redrive_rendered, cancel, show, assume_sent, resend),) = lines
    duty.produced(sent=False)
    for user in ("bob", "cem"):
        duty.failed(user, "gave up: 10 attempts ended without an answer")
    duty.failed("dora", "the address is not one")
    duty.failed("gus", "SES could not render it")
    for user in ("ann", "eli", "fay"):
        duty.uncertain(user)
    assert "gave up" in duty.type(held)
    duty.type(redrive, answer="2")
    assert [duty.status(user) for user in ("bob", "cem")] == ["PENDING", "PENDING"]
    template = duty.item("gus")["template"]["S"]
    duty.type(delete, TEMPLATE=template)
    duty.type(again, answer=duty.period)
    assert duty.deployment.client("sesv2").get_email_template(TemplateName=template)
    duty.type(redrive_rendered, answer="1")
    assert duty.status("gus") == "PENDING"
    duty.type(cancel, answer="1")
    assert duty.status("dora") == "CANCELLED"
    assert "ann@example.com" in duty.type(show)
    duty.type(resend)
    assert duty.status("ann") == "PENDING"
    duty.type(assume_sent, answer="2")
    assert [duty.status(user) for user in ("eli", "fay")] == ["SENT", "SENT"]
    duty.running()
    duty.settle()
    assert duty.mailed() == sorted(set(PEOPLE) - {"dora", "eli", "fay"})


def no_mail(duty: Duty, lines: list[list[str]]) -> None:
    ((show, preview),) = lines
    duty.produced(sent=True)
    assert "DELIVERED" in duty.type(show)
    assert "ann" in duty.type(preview)


def paused(duty: Duty, lines: list[list[str]]) -> None:
    ((resume,),) = lines
    duty.produced(sent=False)
    assert duty.mailed() == []
    duty.type(resume)
    duty.settle()
    assert duty.mailed() == sorted(PEOPLE)


def stopped(duty: Duty, lines: list[list[str]]) -> None:
    """Five months, one after the other: each of the ways on is one's own."""
    ((status, again, recheck, accept, close),) = lines
    duty.paused()

    def next_month(people: tuple[str, ...]) -> Duty:
        nonlocal duty
        duty = Duty(duty.shell, Rehearsal(duty.deployment, duty.rehearsal.period.next, lambda _: None))
        load(duty, people)
        duty.rehearsal.produce()
        return duty

    load(duty, PEOPLE)
    duty.rehearsal.produce()
    assert duty.run_state() == "COMPLETED"

    next_month(PEOPLE[:4])
    assert "fewer" in duty.type(status)
    load(duty, PEOPLE)
    duty.type(again, answer=duty.period)
    assert (duty.run_state(), duty.statuses()) == ("COMPLETED", {"PENDING": 12})

    ses = duty.deployment.client("sesv2")
    ses.delete_email_identity(EmailIdentity=MENDED_SENDER)
    next_month(PEOPLE)
    assert duty.run_state() == "STOPPED"
    ses.create_email_identity(EmailIdentity=MENDED_SENDER)
    duty.type(recheck, answer=duty.period)
    assert (duty.run_state(), duty.statuses()) == ("COMPLETED", {"PENDING": 12})

    next_month(PEOPLE[:4])
    duty.type(accept, answer=duty.period)
    assert (duty.run_state(), duty.statuses()) == ("COMPLETED", {"PENDING": 4})

    next_month(PEOPLE[:1])
    duty.type(close)
    assert (duty.run_state(), duty.statuses()) == ("COMPLETED", {})


def load(duty: Duty, people: tuple[str, ...]) -> None:
    used = events(duty.rehearsal.period, people)
    bucket.load(duty.deployment.client("s3"), duty.deployment.outputs()["UsageBucketName"], used)


def producer_errors(duty: Duty, lines: list[list[str]]) -> None:
    ((produce,),) = lines
    duty.running()
    half_produced(duty, 5)
    duty.type(produce, answer=duty.period)
    duty.settle()
    assert duty.run_state() == "COMPLETED"
    assert duty.mailed() == sorted(PEOPLE)


def half_produced(duty: Duty, messages: int) -> None:
    """The producer is killed on its way: its run is RUNNING, and nobody is at work."""
    duty.rehearsal.load(before=())
    duty.rehearsal.order(f"kill-producer {messages}")
    duty.rehearsal.produce_in_vain()
    assert duty.run_state() == "RUNNING"


def dead_letters(duty: Duty, lines: list[list[str]]) -> None:
    ((receive, give_again, delete),) = lines
    duty.rehearsal.order("events drop")
    duty.produced(sent=True)
    duty.rehearsal.order("events flow")
    assert duty.status("ann") == "SENT"
    event = {"source": "aws.ses", "detail": event_of(duty, "ann", "Delivery", delivery={})}
    queue = duty.deployment.outputs()["DeadLettersUrl"]
    duty.deployment.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(event))
    (letter,) = json.loads(duty.type(receive))["Messages"]
    (duty.shell.folder / "body.json").write_text(letter["Body"])
    duty.type(give_again)
    assert duty.read("out.json") == {"did": "mark_delivered"}
    assert duty.status("ann") == "DELIVERED"
    duty.type(delete, RECEIPT_HANDLE=letter["ReceiptHandle"])
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    left = duty.deployment.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    assert set(left.values()) == {"0"}


def event_of(duty: Duty, user: str, kind: str, **more: Any) -> dict[str, Any]:
    """What SES tells of the user's mail."""
    (mail,) = [
        mail for mail in engine_pages.mails(duty.deployment.url)
        if mail["Tags"][PERIOD_TAG] == duty.period and from_tag(mail["Tags"][USER_TAG]) == user
    ]  # fmt: skip
    tags = {name: [value] for name, value in mail["Tags"].items()}
    return {"eventType": kind, "mail": {"messageId": mail["MessageId"], "tags": tags}, **more}


def sweeper(duty: Duty, lines: list[list[str]]) -> None:
    ((schedule, invoke),) = lines
    assert json.loads(duty.type(schedule))["State"] == "ENABLED"
    assert json.loads(duty.type(invoke))["StatusCode"] == 200
    assert isinstance(duty.read("out.json"), dict)


def malformed(duty: Duty, lines: list[list[str]]) -> None:
    ((by_id, by_hand),) = lines
    duty.produced(sent=False)
    duty.change("ann", "SET attempt = :v", v={"S": "many"})
    message_id = duty.item("ann")["message_id"]["S"]
    (found,) = json.loads(duty.type(by_id, MESSAGE_ID=message_id))["Items"]
    assert (found["user_id"], found["attempt"]) == ({"S": "ann"}, {"S": "many"})
    item = {"user_id": {"S": "by hand"}, "period": {"S": duty.period}, "status": {"S": "PENDING"}, "email": {"N": "1"}}
    duty.deployment.client("dynamodb").put_item(TableName=duty.table, Item=item)
    (found,) = json.loads(duty.type(by_hand))["Items"]
    assert found["user_id"] == {"S": "by hand"}
    duty.deployment.client("dynamodb").delete_item(
        TableName=duty.table, Key={"user_id": item["user_id"], "period": item["period"]}
    )
    duty.change("ann", "SET attempt = :v", v={"N": "0"})
    duty.running()
    duty.settle()
    assert duty.mailed() == sorted(PEOPLE)


def refused_feedback(duty: Duty, lines: list[list[str]]) -> None:
    ((scan, to_tag, write, invoke),) = lines
    duty.rehearsal.order("events drop")
    duty.produced(sent=True)
    duty.rehearsal.order("events flow")
    mail = duty.item("ann")["ses_message_id"]["S"]
    (found,) = json.loads(duty.type(scan, MAIL=mail))["Items"]
    assert found["user_id"] == {"S": "ann"}
    (fence,) = re.findall(r"send_fence\W+(\d+)", duty.type(f"onlyonce show ann {duty.period}"))
    duty.type(write, MAIL=mail, USER=duty.type(to_tag).strip(), FENCE=fence)
    duty.type(invoke)
    assert duty.read("out.json") == {"did": "mark_unrendered"}
    assert duty.status("ann") == "FAILED"


def stranded(duty: Duty, lines: list[list[str]]) -> None:
    ((look, enable),) = lines
    (mapping,) = json.loads(duty.type(look))["EventSourceMappings"]
    functions = duty.deployment.client("lambda")
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    duty.running()
    duty.rehearsal.load(before=())
    duty.rehearsal.produce()
    duty.type(enable, UUID=mapping["UUID"])
    duty.settle()
    assert duty.mailed() == sorted(PEOPLE)


def throttled(duty: Duty, lines: list[list[str]]) -> None:
    ((settings,),) = lines
    assert json.loads(duty.type(settings))["AccountLimit"]["ConcurrentExecutions"] > 0


def pauses(duty: Duty, lines: list[list[str]]) -> None:
    """Of three sections, each the first thing to do."""
    (expired,), (missing, status), (bad_deployment,) = lines
    duty.paused()
    load(duty, PEOPLE[:1])
    duty.rehearsal.produce()
    for pause in (expired, missing, bad_deployment):
        duty.running()
        duty.type(pause)
        (reason,) = re.findall('--reason "(.+)"', pause)
        assert reason in duty.type("onlyonce status")
    duty.type(status)


def wrong_text(duty: Duty, lines: list[list[str]]) -> None:
    ((pause, halt, cancel, resume),) = lines
    duty.running()
    duty.type(pause)
    half_produced(duty, 5)
    duty.type(halt)
    assert duty.run_state() == "STOPPED"
    duty.type(cancel, answer="5")
    duty.type(resume)
    duty.settle()
    assert (duty.statuses(), duty.mailed()) == ({"CANCELLED": 5}, [])


def bounces(duty: Duty, lines: list[list[str]]) -> None:
    """One address bounces; another is on the list while its message still waits."""
    ((status, suppressed, scan, listed, cancel),) = lines
    engine_pages.set_ses(duty.deployment.url, outcomes=[{"to": "^bob@", "outcome": "bounce"}])
    duty.produced(sent=True)
    engine_pages.set_ses(duty.deployment.url, outcomes=[])
    assert duty.status("bob") == "BOUNCED"
    ses = duty.deployment.client("sesv2")
    duty.type(status)
    assert "Permanent/" in duty.type(scan)
    later = Duty(duty.shell, Rehearsal(duty.deployment, duty.rehearsal.period.next, lambda _: None))
    later.produced(sent=False)
    assert "1 of 12 messages" in later.type(suppressed)
    later.type(listed)
    later.type(cancel, answer="1")
    assert later.status("bob") == "CANCELLED"
    later.running()
    later.settle()
    assert later.mailed() == sorted(set(PEOPLE) - {"bob"})
    ses.delete_suppressed_destination(EmailAddress="bob@example.com")


def suspended(duty: Duty, lines: list[list[str]]) -> None:
    ((account,),) = lines
    engine_pages.set_ses(duty.deployment.url, enforcement="SHUTDOWN")
    assert json.loads(duty.type(account))["enforcement"] == "SHUTDOWN"
    engine_pages.set_ses(duty.deployment.url, enforcement=None)
    assert json.loads(duty.type(account))["enforcement"] == "HEALTHY"


RESTORED = f"{STACK}-restored"


def half_sent(duty: Duty, stop: tuple[str, str]) -> None:
    """Eight of twelve messages are produced; some are sent when the campaign is paused and the run halted."""
    duty.running()
    duty.rehearsal.order("rate 2")
    half_produced(duty, 8)
    eventually(lambda: len(duty.mailed()) >= 2, within_s=20)
    for line in stop:
        duty.type(line)
    duty.rehearsal.until(lambda found: set(found) == {"PENDING", "DELIVERED"}, "at rest", within_s=30)
    duty.rehearsal.calm()
    assert duty.run_state() == "STOPPED"


def items_lost(duty: Duty, lines: list[list[str]]) -> None:
    (pause, halt, restore, backups), (readmit, anew, cancel), (*_, resume, accept) = lines
    half_sent(duty, (pause, halt))
    duty.type(restore)
    assert "BackupSummaries" in duty.type(backups)
    lost, sent, again = (
        duty.rehearsal.month.outbox.users(status)[number]
        for status, number in ((Status.PENDING, 0), (Status.DELIVERED, 0), (Status.PENDING, 1))
    )
    client = duty.deployment.client("dynamodb")
    for user in (lost, sent):
        client.delete_item(TableName=duty.table, Key={"user_id": {"S": user}, "period": {"S": duty.period}})
    duty.change(again, "SET history.produce = :now", now={"S": utc_now().isoformat()})
    said = duty.type(readmit)
    assert "1 message put back as DELIVERED" in said
    assert "1 message put back as UNCERTAIN" in said
    duty.type(anew)
    duty.type(cancel, answer="1")
    assert [duty.status(user) for user in (lost, sent, again)] == ["UNCERTAIN", "DELIVERED", "CANCELLED"]
    duty.type(resume)
    duty.type(accept, answer=duty.period)
    duty.settle()
    assert duty.run_state() == "COMPLETED"
    assert duty.mailed() == sorted(set(PEOPLE) - {lost, again})
    client.delete_table(TableName=RESTORED)


def outbox_gone(duty: Duty, lines: list[list[str]]) -> None:
    """The living table stands for the restored one: two of its messages are as they were, and the stack does not know it.
    That a restored table is taken over is tested in test_restored.py.
    """
    (pause, halt, restore, _), gone, since = lines
    *make_ready, reconcile, pause_again, produce, accept, reconcile_again = gone
    query, taken, held, was_mailed, untouched, assume_sent, resend, resume, _ = since
    client = duty.deployment.client("dynamodb")
    duty.paused()
    half_produced(duty, 8)
    as_they_were = client.scan(TableName=duty.table)["Items"]
    duty.running()
    duty.settle()
    assert duty.statuses() == {"DELIVERED": 8}
    for line in (pause, halt):
        duty.type(line)
    duty.type(restore)
    for line in make_ready:
        duty.type(line)
    table = client.describe_table(TableName=RESTORED)["Table"]
    assert table["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    assert table["DeletionProtectionEnabled"]
    reverted = [item for item in as_they_were if item["period"]["S"] == duty.period][:2]
    for item in reverted:
        client.put_item(TableName=duty.table, Item=item)
    forget_the_table(duty)

    duty.type(reconcile, answer=duty.table)
    users = [item["user_id"]["S"] for item in reverted]
    assert [duty.status(user) for user in users] == ["UNCERTAIN", "UNCERTAIN"]
    duty.running()
    duty.type(pause_again)
    assert "restored" in duty.type(produce, answer=duty.period, status=1)
    duty.type(accept, answer=duty.period)
    assert duty.statuses() == {"DELIVERED": 6, "UNCERTAIN": 2, "PENDING": 4}
    duty.type(reconcile_again, answer=duty.table)
    assert duty.statuses() == {"DELIVERED": 6, "UNCERTAIN": 6}

    for file, line, functions in (("mailed.txt", query, ("send", "feedback")), ("taken.txt", taken, ("claim",))):
        (duty.shell.folder / file).write_text("\n".join(duty.logged(line, *functions)) + "\n")
    for line in (held, was_mailed, untouched):
        duty.type(line)
    duty.type(assume_sent, answer="2")
    duty.type(resend, answer="4")
    duty.type(resume)
    duty.settle()
    assert duty.mailed() == sorted(PEOPLE)


def forget_the_table(duty: Duty) -> None:
    """The stack has worked with another table, and its functions are new processes, as after a deployment."""
    control = duty.deployment.outputs()["ControlTableName"]
    duty.deployment.client("dynamodb").update_item(
        TableName=control, Key={"name": {"S": "outbox"}}, UpdateExpression="SET table_id = :t",
        ExpressionAttributeValues={":t": {"S": "another"}},
    )  # fmt: skip
    for function in ("producer", "sweeper"):
        duty.deployment.client("lambda").update_function_configuration(
            FunctionName=f"{STACK}-{function}", Description="deployed again"
        )


Play = Callable[[Duty, list[list[str]]], None]
RESTORING = ("Restoring the outbox from a point in time", "Who was mailed since")
PLAYS: dict[str, tuple[Play, tuple[str, ...]]] = {
    "2025-10": (first_of_all, ("Runbook",)),
    "2025-04": (stopped, ("StoppedAlarm",)),
    "2025-03": (no_mail, ("A user says they got no mail",)),
    "2025-11": (held, ("HeldAlarm",)),
    "2025-12": (paused, ("PausedAlarm",)),
    "2026-01": (producer_errors, ("ProducerErrorsAlarm",)),
    "2026-02": (dead_letters, ("DeadLettersAlarm",)),
    "2026-03": (refused_feedback, ("RefusedFeedbackAlarm",)),
    "2026-04": (stranded, ("StrandedAlarm",)),
    "2026-05": (wrong_text, ("A wrong text goes out",)),
    "2026-06": (bounces, ("Too many mails bounce",)),
    "2026-10": (malformed, ("MalformedItemsAlarm",)),
    "2026-08": (items_lost, (RESTORING[0], "(a)", RESTORING[1])),
    "2026-09": (outbox_gone, (RESTORING[0], "(b)", RESTORING[1])),
    "2024-01": (sweeper, ("SweeperSilentAlarm",)),
    "2024-02": (throttled, ("ThrottlesAlarm",)),
    "2024-03": (pauses, ("ExpiredClaimsAlarm", "UnaccountedAlarm", "A bad deployment")),
    "2024-04": (suspended, ("SES suspended the account",)),
}
"""By the month that each has for itself: what is played, and of which sections. Once a table was reconciled (`outbox_gone`),
the months of before stop when they are produced, so nothing that needs the messages of one comes after it.
"""


def section(begins: str) -> str:
    (heading,) = [one for one in SECTIONS if one.startswith(begins)]
    return heading


def test_each_section_with_commands_is_played() -> None:
    assert {section(begins) for _, headings in PLAYS.values() for begins in headings} == set(SECTIONS)


@pytest.mark.parametrize("period", PLAYS, ids=[play.__name__ for play, _ in PLAYS.values()])
def test_it_does_what_the_page_says(period: str, shell: Shell) -> None:
    play, headings = PLAYS[period]
    duty = Duty(shell, Rehearsal(shell.deployment, Period.parse(period), lambda _: None))
    play(duty, [SECTIONS[section(begins)] for begins in headings])
