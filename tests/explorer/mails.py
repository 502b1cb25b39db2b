"""SES in a schedule: what it answers to each ask, and what it says of each mail, late, twice, out of order, or never."""

from datetime import timedelta
from typing import Any

from botocore.exceptions import EndpointConnectionError

from simulation.fakes.ses import LostAnswer, Mail, refused
from simulation.ses_events import event_of
from tests.crash.scenarios import DAY_SPENT, PAUSED, REJECTED, SKEWED, THROTTLED
from tests.explorer.adapters import SesClient
from tests.explorer.chaos import Chaos, lasting
from tests.explorer.judge import Ask, Judge, ask_of, key_of_mail
from tests.explorer.lambdas import Lambdas
from tests.explorer.processes import Process, Processes
from tests.explorer.story import Key, Story

OUTCOMES = ("Delivery", "Delivery", "Delivery", "Bounce", "Suppressed", "Complaint", "Reject", "Rendering Failure")
SAID: dict[str, tuple[str, ...]] = {
    "Delivery": ("Send", "Delivery"),
    "Bounce": ("Send", "Bounce"),
    "Suppressed": ("Send", "Suppressed"),
    "Complaint": ("Send", "Delivery", "Complaint"),
    "Reject": ("Send", "Reject"),
    "Rendering Failure": ("Rendering Failure",),
}
"""What SES says of a mail, as it ends (source: SES developer guide, event types)."""


class Mails:
    """Between SES and the judge: knows of each ask when it leaves its process and what became of it."""

    def __init__(
        self, ses: SesClient, processes: Processes, chaos: Chaos, story: Story, judge: Judge, lambdas: Lambdas
    ) -> None:
        self._processes, self._chaos, self._story, self._judge, self._lambdas = processes, chaos, story, judge, lambdas
        self._asking: dict[Process, Ask] = {}
        self._lost = False
        ses.script, ses.on_ask, ses.on_answer = self._script, self._asks, self._answered

    def _asks(self, request: dict[str, Any]) -> None:
        process = self._processes.current
        assert process is not None
        self._asking[process] = ask_of(request, punctual=not process.disturbed)
        request["ask"] = self._asking[process]

    def leaves(self, process: Process) -> None:
        ask = self._asking[process]
        ask.punctual = not process.disturbed
        self._story.tell(ask.key, process.name, f"asks SES, fence {ask.fence}")
        self._judge.asked(ask, self._processes.now)

    def _script(self, key: Key) -> Any:
        """What SES answers to the next ask."""
        self._lost = False
        answer = self._chaos.of_ses(self._lambdas.named(f"ses {key[0]} {key[1]}"))
        if answer is None:
            return ""
        self._story.tell(key, "SES", answer)
        self._lost = answer == "lost on the way"
        return _exception(answer)

    def _answered(self, request: dict[str, Any], mail: Mail | None) -> None:
        ask: Ask = request["ask"]
        self._judge.answered(ask, mail, lost=self._lost)
        self._story.tell(ask.key, "SES", f"accepts {mail.message_id}" if mail else "does not accept it")
        if mail is not None:
            self._reports(mail)

    def _reports(self, mail: Mail) -> None:
        """SES's events about a mail, each at its time, some twice, some never."""
        rng = self._chaos.strikes(f"{mail.message_id} outcome", self._chaos.mood.outcomes)
        outcome = rng.choice(OUTCOMES) if rng else "Delivery"
        for kind in SAID[outcome]:
            place = f"{mail.message_id} {kind}"
            if self._chaos.strikes(f"{place} lost", self._chaos.mood.events_lost, "is lost"):
                continue
            late = self._chaos.strikes(f"{place} late", 0.3, "comes late")
            self.report(mail, kind, lasting(late) if late else 1.0 + self._chaos.share(place))
            twice = self._chaos.strikes(f"{place} twice", self._chaos.mood.events_twice, "comes twice")
            if twice:
                self.report(mail, kind, lasting(twice))

    def report(self, mail: Mail, kind: str, seconds: float) -> None:
        def report() -> None:
            self._judge.heard(mail, kind)
            self._story.tell(key_of_mail(mail), "SES", f"says {kind} of {mail.message_id}")
            self._lambdas.start("feedback", event_of(kind, mail), f"{kind} {mail.message_id}")

        self._processes.at(self._processes.now + timedelta(seconds=seconds), report)


def _exception(answer: str) -> Exception | None:
    """What the SDK raises for it."""
    match answer:
        case "accepted, the answer lost":
            return LostAnswer(accepted=True)
        case "lost on the way":
            return LostAnswer(accepted=False)
        case "not reached":
            return EndpointConnectionError(endpoint_url="https://email.test")
        case "throttled":
            return refused(*THROTTLED)
        case "the day is spent":
            return refused(*DAY_SPENT)
        case "paused":
            return refused(*PAUSED)
        case "rejected":
            return refused(*REJECTED)
        case "the signature has expired":
            return refused(*SKEWED)
        case "an error of SES":
            return refused("InternalFailure", "Please try again", 500)
    return LostAnswer(accepted=True)
