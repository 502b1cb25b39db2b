"""The runbook's section on an outbox that lost items, or was restored."""

from local.rehearse.people import PEOPLE
from local.stack.deployment import STACK
from shared.outbox.states import Status
from shared.times import utc_now
from tests.conformance.account import eventually
from tests.e2e.plays.duty import Duty, half_produced

RESTORED = f"{STACK}-restored"


def half_sent(duty: Duty, stop: tuple[str, str]) -> None:
    """Eight of twelve messages are produced; some are sent when the campaign is paused and the run halted."""
    duty.running()
    duty.rehearsal.order("rate 0.5")  # slots lie far enough apart to be stopped between
    half_produced(duty, 8)
    eventually(lambda: len(duty.mailed()) >= 2, within_s=20)
    for line in stop:
        duty.type(line)
    duty.rehearsal.until(lambda found: set(found) == {"PENDING", "DELIVERED"}, "at rest", within_s=60)
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
