"""What doctor calls wrong: how it comes about, and what is said of it."""

from tests.unit.ops.doctor.answers import NOTHING, alarm, destination, function, identity, mapping, topic
from tests.unit.ops.doctor.examining import CODE, IDENTITY, QUOTA, about, by_ses, instead, told

DESTINATIONS = ("sesv2", "get_configuration_set_event_destinations")
KEY, LIST = ("secretsmanager", "describe_secret"), ("sesv2", "get_contact_list")
LETTERS = "ApproximateNumberOfMessages"
WRONG = {
    "nobody has verified the sender": (instead(IDENTITY, NOTHING), "neither usage@mail.example.com nor its domain is verified"),
    "an identity that is not verified": (instead(IDENTITY, identity(VerifiedForSendingStatus=False)), "nor its domain is"),
    "the key of the links is gone": (instead(KEY, NOTHING), "the key of the unsubscribe links is gone"),
    "the key of the links goes": (
        about(*KEY, DeletedDate="2026-11-01T00:00:00Z"), "the key of the unsubscribe links is about to be deleted",
    ),
    "no contact list": (told(by_ses, instead(LIST, NOTHING)), "SES has no contact list users"),
    "no topic": (told(by_ses, about(*LIST, Topics=[topic("news")])), "SES's contact list users has no topic usage"),
    "sending is paused": (about("sesv2", "get_account", SendingEnabled=False), "sending is paused"),
    "the account is shut down": (about("sesv2", "get_account", EnforcementStatus="SHUTDOWN"), "has shut down"),
    "there is no quota": (about("sesv2", "get_account", SendQuota={**QUOTA, "Max24HourSend": 0.0}), "and 0 in 24 hours"),
    "a function that can't run": (instead(CODE, function(State="Failed")), "producer is Failed"),
    "no stream": (about("lambda", "list_event_source_mappings", EventSourceMappings=[]), "no stream leads to claim"),
    "a stream that is off": (
        about("lambda", "list_event_source_mappings", EventSourceMappings=[mapping(State="Disabled")]),
        "the stream to claim is Disabled",
    ),
    "no state machine": (about("stepfunctions", "describe_state_machine", status="DELETING"), "the state machine is DELETING"),
    "loops are ended": (about("lambda", "get_function_recursion_config", RecursiveLoop="Terminate"), "month stays incomplete"),
    "a configuration set that is off": (
        about("sesv2", "get_configuration_set", SendingOptions={"SendingEnabled": False}), "sends nothing",
    ),
    "events that SES does not tell": (
        about(*DESTINATIONS, EventDestinations=[destination(MatchingEventTypes=["SEND", "BOUNCE"])]),
        "does not tell of COMPLAINT, DELIVERY, REJECT, RENDERING_FAILURE, SUBSCRIPTION",
    ),
    "a destination that is off": (about(*DESTINATIONS, EventDestinations=[destination(Enabled=False)]), "SES does not tell of"),
    "a rule that is off": (about("events", "describe_rule", State="DISABLED"), "feedback-rule-1 to feedback is DISABLED"),
    "a rule that is gone": (instead(("events", "describe_rule"), NOTHING), "to feedback is gone"),
    "nobody listens": (about("sns", "get_topic_attributes", Attributes={"SubscriptionsConfirmed": "0"}), "has no subscription"),
    "nobody has confirmed": (
        about("sns", "get_topic_attributes", Attributes={"SubscriptionsConfirmed": "0", "SubscriptionsPending": "1"}),
        "is not confirmed",
    ),
    "an alarm is gone": (about("cloudwatch", "describe_alarms", MetricAlarms=[alarm("HeldAlarm")]), "are not there: PausedAlarm"),
    "an alarm tells nobody": (
        about("cloudwatch", "describe_alarms", MetricAlarms=[alarm("HeldAlarm", ActionsEnabled=False), alarm("PausedAlarm")]),
        "alarms tell nobody: HeldAlarm",
    ),
    "an alarm rings": (
        about("cloudwatch", "describe_alarms", MetricAlarms=[alarm("HeldAlarm"), alarm("PausedAlarm", StateValue="ALARM")]),
        "PausedAlarm rings: what PausedAlarm says",
    ),
    "dead letters": (
        about("sqs", "get_queue_attributes", Attributes={LETTERS: "3", f"{LETTERS}NotVisible": "1"}),
        "4 dead letters",
    ),
}  # fmt: skip
