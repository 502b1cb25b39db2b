"""AWS's answers about a healthy stage in production, checked against the service's model as the SDK would check them."""

from base64 import b64encode
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.model import OperationModel
from botocore.validate import ParamValidator

from ops.aws import Stage
from ops.doctor import version
from ops.errors import UnreadableError
from shared.rendering.mail_kind import MailFiles
from simulation.stack import STACK

Answer = dict[str, Any] | UnreadableError
Question = tuple[str, str]
NOTHING = UnreadableError("NotFoundException: there is none", "NotFoundException")
DENIED = UnreadableError("AccessDeniedException: not authorized", "AccessDeniedException")
FUNCTIONS = ("Producer", "Claim", "Send", "Sweeper", "Feedback")
SECRET = "arn:aws:secretsmanager:eu-west-1:1:secret:UnsubscribeSecret-1"
PAGE = "https://example.com/unsubscribe"
SENDER = "Usage <usage@mail.example.com>"
TEMPLATE = MailFiles(version.ROOT, "usage").template(STACK, PAGE).name
VERIFIED = ("usage@mail.example.com", "example.com")
RESOURCES = {
    "MailConfigurationSet": ("AWS::SES::ConfigurationSet", STACK),
    "MonthlySchedule": ("AWS::Scheduler::Schedule", f"{STACK}-monthly"),
    "SweeperSchedule": ("AWS::Scheduler::Schedule", f"{STACK}-sweeper"),
    "FeedbackRule": ("AWS::Events::Rule", f"{STACK}-feedback-rule-1"),
    "HeldAlarm": ("AWS::CloudWatch::Alarm", f"{STACK}-HeldAlarm-1"),
    "PausedAlarm": ("AWS::CloudWatch::Alarm", f"{STACK}-PausedAlarm-1"),
}
STAGE = Stage(
    STACK, "UPDATE_COMPLETE",
    {**{f"{name}FunctionName": name.lower() for name in FUNCTIONS}, "OutboxTableName": "outbox", "ControlTableName": "control",
     "UnsubscribedTableName": "unsubscribed", "UnsubscribeSecretArn": SECRET,
     "SenderAddress": SENDER,
     "SendStateMachineArn": "arn:aws:states:eu-west-1:1:stateMachine:send", "DeadLettersUrl": "https://sqs/1/dead",
     "AlarmTopicArn": "arn:aws:sns:eu-west-1:1:alarms"},
)  # fmt: skip


class Answers:
    """An `Ask` that knows every answer; a test changes some."""

    def __init__(self) -> None:
        self.asked: list[Question] = []
        self._answers: dict[Question, Answer | Callable[..., Answer]] = healthy()

    def __call__(self, service: str, operation: str, **given: Any) -> dict[str, Any]:
        self.asked.append((service, operation))
        model = _model(service, operation)
        _check(given, model.input_shape)
        answer = self._answers[service, operation]
        if callable(answer):
            answer = answer(**given)
        if isinstance(answer, UnreadableError):
            raise answer
        _check(answer, model.output_shape)
        return answer

    def change(self, service: str, operation: str, **changes: Any) -> None:
        """Of an answer that is the same whatever is given."""
        before = self._answers[service, operation]
        assert isinstance(before, dict)
        self._answers[service, operation] = {**before, **changes}

    def answer(self, service: str, operation: str, answer: Answer | Callable[..., Answer]) -> None:
        self._answers[service, operation] = answer

    def questions(self) -> list[Question]:
        return list(self._answers)


def healthy() -> dict[Question, Answer | Callable[..., Answer]]:
    return {
        ("cloudformation", "list_stack_resources"): {"StackResourceSummaries": [_resource(*one) for one in RESOURCES.items()]},
        ("sesv2", "get_account"): {
            "SendingEnabled": True, "EnforcementStatus": "HEALTHY", "ProductionAccessEnabled": True,
            "SendQuota": {"Max24HourSend": 50_000.0, "MaxSendRate": 14.0, "SentLast24Hours": 120.0},
            "VdmAttributes": {"VdmEnabled": "ENABLED"},
            "SuppressionAttributes": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]},
        },
        ("sesv2", "get_email_identity"): lambda EmailIdentity: identity() if EmailIdentity in VERIFIED else NOTHING,
        ("sesv2", "list_recommendations"): {"Recommendations": []},
        ("sesv2", "get_email_template"): {"TemplateName": TEMPLATE, "TemplateContent": parts()},
        ("sesv2", "test_render_email_template"): {"RenderedTemplate": "Your usage"},
        ("sesv2", "get_configuration_set"): {"SendingOptions": {"SendingEnabled": True}},
        ("sesv2", "get_configuration_set_event_destinations"): {"EventDestinations": [destination()]},
        ("lambda", "get_account_settings"): {"AccountLimit": concurrency(990)},
        ("lambda", "get_function_configuration"): function(),
        ("lambda", "get_function_recursion_config"): {"RecursiveLoop": "Allow"},
        ("lambda", "list_event_source_mappings"): {"EventSourceMappings": [mapping()]},
        ("service-quotas", "list_service_quotas"): {"Quotas": [
            {"QuotaName": "Open executions", "Value": 1_000_000.0},
            {"QuotaName": "StartExecution throttle token bucket size", "Value": 1.0},
            {"QuotaName": "StartExecution throttle token refill rate per second", "Value": 150.0},
        ]},
        ("stepfunctions", "describe_state_machine"): {
            "stateMachineArn": "arn", "name": "send", "status": "ACTIVE", "definition": "{}", "roleArn": "arn",
            "type": "STANDARD", "creationDate": "2026-01-01T00:00:00Z",
        },
        ("secretsmanager", "describe_secret"): {"ARN": SECRET},
        ("dynamodb", "describe_table"): {"Table": {"DeletionProtectionEnabled": True}},
        ("dynamodb", "describe_continuous_backups"): backups("ENABLED"),
        ("scheduler", "get_schedule"): schedule,
        ("events", "describe_rule"): {"State": "ENABLED"},
        ("sns", "get_topic_attributes"): {"Attributes": {"SubscriptionsConfirmed": "2", "SubscriptionsPending": "0"}},
        ("cloudwatch", "describe_alarms"): {"MetricAlarms": [alarm("HeldAlarm"), alarm("PausedAlarm")]},
        ("sqs", "get_queue_attributes"): {"Attributes": {"ApproximateNumberOfMessages": "0"}},
    }  # fmt: skip


def topic(name: str) -> dict[str, str]:
    return {"TopicName": name, "DisplayName": name, "DefaultSubscriptionStatus": "OPT_IN"}


def concurrency(unreserved: int) -> dict[str, int]:
    return {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": unreserved}


def identity(**changes: Any) -> dict[str, Any]:
    return {
        "VerifiedForSendingStatus": True,
        "DkimAttributes": {"SigningEnabled": True, "Status": "SUCCESS"},
        "MailFromAttributes": {
            "MailFromDomain": "b.example.com", "MailFromDomainStatus": "SUCCESS", "BehaviorOnMxFailure": "USE_DEFAULT_VALUE",
        },
        **changes,
    }  # fmt: skip


def parts(unsubscribe: str = PAGE) -> dict[str, str]:
    made = MailFiles(version.ROOT, "usage").template(STACK, unsubscribe)
    return {"Subject": made.subject, "Text": made.text, "Html": made.html}


def destination(**changes: Any) -> dict[str, Any]:
    told = ["SEND", "REJECT", "BOUNCE", "COMPLAINT", "DELIVERY", "RENDERING_FAILURE", "SUBSCRIPTION"]
    bus = {"EventBusArn": "arn:aws:events:eu-west-1:1:event-bus/default"}
    return {"Name": "bus", "Enabled": True, "MatchingEventTypes": told, "EventBridgeDestination": bus, **changes}


def environment(unsubscribe: str = PAGE) -> dict[str, str]:
    listed = {"CONTACT_LIST": "users", "CONTACT_TOPIC": "usage"} if unsubscribe == "ses" else {}
    return {"MAIL_KIND": "usage", "SENDER": SENDER, "UNSUBSCRIBE": unsubscribe, **listed}


def function(**changes: Any) -> dict[str, Any]:
    return {
        "CodeSha256": b64encode(sha256(b"the zip").digest()).decode(), "State": "Active", "LastUpdateStatus": "Successful",
        "Environment": {"Variables": environment()}, **changes,
    }  # fmt: skip


def mapping(**changes: Any) -> dict[str, Any]:
    return {"UUID": "5da549b2-441b-47b9-a17d-e7a23550463a", "State": "Enabled", "LastProcessingResult": "OK", **changes}


def backups(status: str) -> dict[str, Any]:
    recovery = {"PointInTimeRecoveryStatus": status}
    return {
        "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": recovery,
        }
    }


def schedule(Name: str, **changes: Any) -> dict[str, Any]:  # as the API has it
    expression = "cron(0 6 1 * ? *)" if Name.endswith("monthly") else "rate(4 minutes)"
    return {
        "ScheduleExpression": expression,
        "ScheduleExpressionTimezone": "Europe/Berlin",
        "State": "ENABLED",
        **changes,
    }


def alarm(name: str, **changes: Any) -> dict[str, Any]:
    known = {"AlarmName": f"{STACK}-{name}-1", "AlarmDescription": f"what {name} says"}
    return {**known, "StateValue": "OK", "ActionsEnabled": True, **changes}


def _resource(logical_id: str, resource: tuple[str, str]) -> dict[str, Any]:
    return {
        "LogicalResourceId": logical_id, "ResourceType": resource[0], "PhysicalResourceId": resource[1],
        "LastUpdatedTimestamp": "2026-01-01T00:00:00Z", "ResourceStatus": "UPDATE_COMPLETE",
    }  # fmt: skip


@cache
def _model(service: str, operation: str) -> OperationModel:
    model = botocore.session.get_session().get_service_model(service)
    (found,) = [one for one in model.operation_names if xform_name(one) == operation]
    return model.operation_model(found)


def _check(given: dict[str, Any], shape: Any) -> None:
    unknown = set(given) - set(shape.members if shape else ())
    assert not unknown, f"{shape}: unknown {unknown}"
    if shape:
        report = ParamValidator().validate(given, shape)
        assert not report.has_errors(), report.generate_report()
