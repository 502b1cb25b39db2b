"""The runbook's sections for the alarms of a single night, and for the question why somebody has no mail."""

import json
import re

from local.rehearse.people import PEOPLE
from tests.e2e.plays.duty import Duty, event_of, half_produced


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


def producer_errors(duty: Duty, lines: list[list[str]]) -> None:
    ((produce,),) = lines
    duty.running()
    half_produced(duty, 5)
    duty.type(produce, answer=duty.period)
    duty.settle()
    assert duty.run_state() == "COMPLETED"
    assert duty.mailed() == sorted(PEOPLE)


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
