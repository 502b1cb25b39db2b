"""What becomes of an accepted message, told a moment later by a background thread, in order.

- Send comes 50 to 150 ms after the answer, Delivery or Bounce as much later, Complaint last (AWS promises
  neither the order nor a time; a test of the sender wants some order to start from, and can delay or drop
  events, or hold them: see admin.py).
- The mailbox simulator's addresses, with or without +label, bounce, complain and so on (SES developer guide,
  "Using the mailbox simulator").
- A recipient on the account's suppression list is not sent to: Bounce Permanent/OnAccountSuppressionList, or a Complaint
  with that sub type where a complaint is the reason (source: ses-suppression).
- Nor is one who has left the mail's contact list or topic: Bounce Permanent/UnsubscribedRecipient (source: ses-subscriptions).
- An ordinary address can be ordered to bounce, to complain, or to be reached late (admin.py).
- Who bounces for good or complains is put on the account's suppression list, unless they are the simulator's.
- Mail with the mark of the EICAR test file is rejected: Reject, "Bad content" (the guide, "Testing a
  reject").
- A failed rendering is a Rendering Failure event and nothing else.

Stock MiniStack does none of this for SES v2.
"""

import heapq
import logging
import random
import threading
import time
from dataclasses import dataclass
from itertools import count
from typing import Any

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import ses

from local.engine.mending import replace
from local.engine.mends.ses import events, fates, outcomes, sending_account, suppression
from local.engine.mends.ses.events import OWN_MTA, Bounce
from local.engine.mends.ses.mail import Content, Mail, Template

_STEP_S = (0.05, 0.15)
_INFECTED = "EICAR-STANDARD-ANTIVIRUS-TEST-FILE"
_NOT_SENT = "Amazon SES did not send the message to this address because"
_BOUNCES = {
    outcomes.SUPPRESSED: Bounce(
        "OnAccountSuppressionList", f"{_NOT_SENT} it is on the suppression list for your account.", by=OWN_MTA
    ),
    outcomes.UNSUBSCRIBED: Bounce("UnsubscribedRecipient", f"{_NOT_SENT} the contact has unsubscribed.", by=OWN_MTA),
    outcomes.LISTED: Bounce("Suppressed", f"{_NOT_SENT} it is on the suppression list.", by=OWN_MTA),
    outcomes.BOUNCED: Bounce("General", "smtp; 550 5.1.1 user unknown"),
    outcomes.MAILBOX_FULL: Bounce("MailboxFull", "smtp; 552 5.2.2 mailbox full", "Transient", "5.2.2"),
}
_log = logging.getLogger("ses")
_changed = threading.Condition()
_order = count()


@dataclass
class Event:
    """One event that is still to be told, in an account and region; `about` is its object, without the time."""

    account: str
    region: str
    kind: events.Kind
    mail: dict[str, Any]
    about: dict[str, Any]
    kept_as: str = ""
    """Its name where deliveries are made durable."""


_due: list[tuple[float, int, Event]] = []
_held: list[Event] = []
"""Due, and held back by order."""


def keep(event: Event) -> None:
    """Hears of every event that is to be told; replaced where deliveries are made durable."""


def forget(through: Event) -> None:
    """Hears of every event that has been told."""


def unreached(mail: Mail, content: Content) -> list[str]:
    """The recipients whom an accepted message does not reach."""
    if _is_infected(content):
        return mail.recipients
    found = outcomes.of(mail)
    return [r for outcome in outcomes.UNREACHED for r in found.get(outcome, [])]


def dispatch(message_id: str, mail: Mail, content: Content) -> None:
    """Schedule the events of a message."""
    about = events.mail_object(message_id, mail, content.subject)
    send = later(0.0, events.SEND, about, {})
    if _is_infected(content):
        later(send, events.REJECT, about, {"reason": "Bad content"})
        return
    for outcome, recipients in outcomes.of(mail).items():
        if bounce := _BOUNCES.get(outcome):
            later(send, events.BOUNCE, about, events.bounced(recipients, bounce))
        elif outcome == outcomes.SUPPRESSED_COMPLAINT:
            later(send, events.COMPLAINT, about, events.complained_before(recipients))
        else:
            _tell_of_delivery(outcome, recipients, about, send)
    ses._send_notifications(message_id, mail.source, mail.recipients)


def _tell_of_delivery(outcome: str, recipients: list[str], about: dict[str, Any], after_s: float) -> None:
    if outcome == outcomes.DELAYED:
        after_s = later(after_s, events.DELIVERY_DELAY, about, events.delayed(recipients))
    delivery = later(after_s, events.DELIVERY, about, events.delivered(recipients))
    if outcome == outcomes.COMPLAINED:
        later(delivery, events.COMPLAINT, about, events.complained(recipients))


def report_rendering_failure(message_id: str, mail: Mail, error: str) -> None:
    """Schedule the only sign of a message that could not be rendered."""
    name = mail.content.name if isinstance(mail.content, Template) else ""
    about = events.mail_object(message_id, mail, "")
    later(0.0, events.RENDERING_FAILURE, about, {"errorMessage": error, "templateName": name})


def mend() -> None:
    """Start the thread that publishes, and let a reset forget what is still to be published."""
    threading.Thread(target=_publish_forever, name="ses-events", daemon=True).start()

    def reset() -> None:
        stock_reset()
        sending_account.forget_all()
        with _changed:
            _due.clear()
            _held.clear()

    stock_reset = replace(ses, "reset", reset)


def _is_infected(content: Content) -> bool:
    return any(_INFECTED in part for part in (content.text, content.html))


def later(after_s: float, kind: events.Kind, mail: dict[str, Any], about: dict[str, Any]) -> float:
    """Publish the event a step after `after_s` (from now); when that is."""
    due_s = after_s + random.uniform(*_STEP_S)
    event = Event(get_account_id(), get_region(), kind, mail, about)
    keep(event)
    tell(event, due_s + sending_account.current().event_delay_s)
    return due_s


def tell(event: Event, after_s: float) -> None:
    """Publish the event then."""
    with _changed:
        heapq.heappush(_due, (time.monotonic() + after_s, next(_order), event))
        _changed.notify()


def release() -> None:
    """Make what is held back due, in its order; what is to be held still is held again."""
    with _changed:
        for event in _held:
            heapq.heappush(_due, (time.monotonic(), next(_order), event))
        _held.clear()
        _changed.notify()


def _publish_forever() -> None:
    while True:
        with _changed:
            while not _due or (wait_s := _due[0][0] - time.monotonic()) > 0:
                _changed.wait(wait_s if _due else None)
            _, _, event = heapq.heappop(_due)
        try:
            with request_scope(event.account, event.region):
                if not _is_held(event):
                    _publish(event)
                    forget(event)
        except Exception:
            _log.exception("An SES event could not be published.")


def _is_held(event: Event) -> bool:
    """Whether events are held back by order; then this one is."""
    with _changed:  # or one could be put back after the others were released
        if held := sending_account.current().events_held:
            _held.append(event)
        return held


def _publish(event: Event) -> None:
    """Tell what became of a mail: to the inbox, and unless events are dropped to the sender."""
    suppression.learn(event.kind.event_type, event.mail, event.about)
    enabled = sending_account.current().events_enabled
    if event.kind != events.RENDERING_FAILURE:  # there is no mail then
        fates.note(event.mail["messageId"], event.kind.event_type, events.now(), event.about, dropped=not enabled)
    if enabled:
        events.publish(event.kind, event.mail, event.about)
