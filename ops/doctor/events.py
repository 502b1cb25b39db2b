"""Does SES tell what becomes of each mail, and does feedback hear it?"""

from collections.abc import Iterator

from ops.doctor.deployed import Deployed
from ops.doctor.finding import PUT_BACK, Finding, ok, wrong
from ops.errors import UnreadableError

_WANTED = {"SEND", "REJECT", "BOUNCE", "COMPLAINT", "DELIVERY", "RENDERING_FAILURE", "SUBSCRIPTION"}
"""What `feedback` lives on; deploy/mail.yml orders them."""


def sending(deployed: Deployed) -> Iterator[Finding]:
    """Whether the stage's configuration set lets mails out."""
    name = deployed.named("MailConfigurationSet")
    options = deployed.ask("sesv2", "get_configuration_set", ConfigurationSetName=name).get("SendingOptions", {})
    if options.get("SendingEnabled"):
        yield ok(f"the configuration set {name} sends")
    else:
        do = "`aws sesv2 put-configuration-set-sending-options --sending-enabled --configuration-set-name"
        yield wrong(f"the configuration set {name} sends nothing", f"{do} {name}`")


def events(deployed: Deployed) -> Iterator[Finding]:
    """SES tells the event bus."""
    name = deployed.named("MailConfigurationSet")
    answer = deployed.ask("sesv2", "get_configuration_set_event_destinations", ConfigurationSetName=name)
    told = {
        event
        for one in answer.get("EventDestinations", [])
        if one.get("Enabled") and one.get("EventBridgeDestination")
        for event in one["MatchingEventTypes"]
    }
    if missing := _WANTED - told:
        yield wrong(
            f"SES does not tell of {', '.join(sorted(missing))}: messages stay SENT or UNCERTAIN",
            f"switch them on in SES's console, configuration set {name}, event destinations",
        )
    else:
        yield ok("SES tells the event bus what becomes of each mail")


def rule(deployed: Deployed) -> Iterator[Finding]:
    """The bus tells feedback."""
    rules = deployed.of_type("AWS::Events::Rule")
    for name in rules.values():
        bare = name.rpartition("|")[2]
        try:
            state = deployed.ask("events", "describe_rule", Name=bare)["State"]
        except UnreadableError as error:
            if not error.missing:
                raise
            state = "gone"
        if state == "ENABLED":
            yield ok("the event bus tells feedback")
        else:
            yield wrong(
                f"the rule {bare} to feedback is {state}: no message becomes DELIVERED",
                PUT_BACK if state == "gone" else f"`aws events enable-rule --name {bare}`",
            )
    if not rules:
        yield wrong("the stack has no rule that leads events to feedback", PUT_BACK)
