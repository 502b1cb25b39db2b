"""What doctor found, as its JSON says it, and the changes of an answer that lead to it."""

import json
from collections.abc import Callable
from typing import Any

from ops.doctor.finding import Mark
from tests.unit.ops.doctor.answers import Answers, Question, environment, function, parts, topic
from tests.unit.ops.office import Office

BACKUPS = ("dynamodb", "describe_continuous_backups")
CODE = ("lambda", "get_function_configuration")
IDENTITY = ("sesv2", "get_email_identity")
MAPPINGS = ("lambda", "list_event_source_mappings")
PROTECTION = ("dynamodb", "describe_table")
QUOTA = {"Max24HourSend": 50_000.0, "MaxSendRate": 14.0, "SentLast24Hours": 120.0}
SCHEDULE = ("scheduler", "get_schedule")


def found(office: Office) -> list[dict[str, str]]:
    office.type("doctor", "--json")
    return list(json.loads(office.shown)["findings"])


def only(office: Office, mark: Mark) -> dict[str, str]:
    (finding,) = [one for one in found(office) if one["mark"] == mark]
    return finding


def about(service: str, operation: str, **changes: Any) -> Callable[[Answers], None]:
    return lambda aws: aws.change(service, operation, **changes)


def instead(question: Question, answer: Any) -> Callable[[Answers], None]:
    return lambda aws: aws.answer(*question, answer)


def by_setting(unsubscribe: str) -> Callable[[Answers], None]:
    """The stage has this setting, and SES the template that goes with it."""

    def change(aws: Answers) -> None:
        aws.answer(*CODE, function(Environment={"Variables": environment(unsubscribe)}))
        aws.answer("sesv2", "get_contact_list", {"ContactListName": "users", "Topics": [topic("usage")]})
        aws.change("sesv2", "get_email_template", TemplateContent=parts(unsubscribe))

    return change


by_ses = by_setting("ses")


def told(*changes: Callable[[Answers], None]) -> Callable[[Answers], None]:
    """One change after the other."""

    def change(aws: Answers) -> None:
        for one in changes:
            one(aws)

    return change
