"""Would somebody hear if something went wrong, and does anything ring now?"""

from collections.abc import Iterator

from ops.doctor.deployed import Deployed
from ops.doctor.finding import PUT_BACK, Finding, ok, wrong
from ops.formatting import counted
from ops.questions import pages


def listeners(deployed: Deployed) -> Iterator[Finding]:
    """The alarms' topic has somebody who has confirmed (source: sns-confirmed)."""
    arn = deployed.output("AlarmTopicArn")
    attributes = deployed.ask("sns", "get_topic_attributes", TopicArn=arn)["Attributes"]
    confirmed, pending = (int(attributes.get(f"Subscriptions{one}", 0)) for one in ("Confirmed", "Pending"))
    if confirmed:
        yield ok(f"{confirmed} subscribed to the alarms")
    elif pending:
        yield wrong("nobody hears an alarm: the subscription is not confirmed", "follow the link in the mail of AWS")
    else:
        yield wrong(
            "nobody hears an alarm: the topic has no subscription",
            f"`aws sns subscribe --topic-arn {arn} --protocol email --notification-endpoint YOU@YOUR-DOMAIN`",
        )


def alarms(deployed: Deployed) -> Iterator[Finding]:
    """Every alarm of the stack is there and switched on; those that ring."""
    wanted = deployed.of_type("AWS::CloudWatch::Alarm")
    found = {
        one["AlarmName"]: one
        for one in pages(
            deployed.ask, "cloudwatch", "describe_alarms", "MetricAlarms", AlarmNamePrefix=f"{deployed.stack}-"
        )
    }
    gone = sorted(logical for logical, name in wanted.items() if name not in found)
    silent = sorted(logical for logical, name in wanted.items() if name in found and not found[name]["ActionsEnabled"])
    if gone or not wanted:
        yield wrong(f"alarms are not there: {', '.join(gone) or 'none is'}", PUT_BACK)
    if silent:
        names = " ".join(wanted[logical] for logical in silent)
        yield wrong(
            f"alarms tell nobody: {', '.join(silent)}", f"`aws cloudwatch enable-alarm-actions --alarm-names {names}`"
        )
    ringing = {
        logical: found[name] for logical, name in wanted.items() if found.get(name, {}).get("StateValue") == "ALARM"
    }
    for logical, alarm in sorted(ringing.items()):
        yield wrong(f"{logical} rings: {alarm.get('AlarmDescription', '')}", "docs/runbook.md has a section on it")
    if wanted and not (gone or silent or ringing):
        yield ok(f"{len(wanted)} alarms are there, none rings")


def dead_letters(deployed: Deployed) -> Iterator[Finding]:
    """Nothing lies in the dead-letter queue."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    url = deployed.output("DeadLettersUrl")
    attributes = deployed.ask("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=names)["Attributes"]
    number = sum(int(attributes.get(name, 0)) for name in names)
    if number:
        yield wrong(
            f"{counted(number, 'dead letter')}: events could not be processed", "docs/runbook.md, DeadLettersAlarm"
        )
    else:
        yield ok("no dead letters")
