"""feedback: lets what SES says afterwards close the story of a message."""

from dataclasses import dataclass
from typing import Any

from shared import wiring
from shared.errors import InvalidMessageError, LeaseLostError, StoreUnavailableError
from shared.keys import Key
from shared.outbox import transitions
from shared.outbox.outbox import Outbox
from shared.outbox.transitions import Transition
from shared.pacing.reputation import Harm, Reputation
from shared.producing.unsubscribed import Unsubscribed
from shared.sending.evidence import Evidence, evidence
from shared.sending.subscription import Choice, choice
from shared.settings import FeedbackSettings
from shared.telemetry import Telemetry


@dataclass(frozen=True)
class Deps:
    outbox: Outbox
    telemetry: Telemetry
    reputation: Reputation
    stack: str
    """Events of other stacks share the bus; they are none of ours."""
    unsubscribed: Unsubscribed
    topic: str
    """Of SES's own list; "" where the stage uses none."""


def handle(event: dict[str, Any], deps: Deps) -> dict[str, str]:
    """Applies one SES event, in whatever order, however late and however often it comes.

    What can't be read is refused: an event is at most once more proof, and the message's own lease brings out what is
    missing.
    Raises StoreUnavailableError; Lambda then repeats the event and keeps it in the dead-letter queue in the end.
    """
    try:
        chosen = choice(event.get("detail"), deps.stack, deps.topic)
        if chosen is not None:
            return _follow(chosen, deps)
        proof = evidence(event.get("detail"), deps.stack)
        if proof is None:
            deps.telemetry.count("feedback_ignored")
            return {"did": "ignored"}
        if proof.transition is None:
            deps.telemetry.count("delayed", message_id=proof.key.message_id, reason=proof.reason)
            return {"did": "delayed"}
        ticket = _apply(proof.transition, proof, deps.outbox)
    except InvalidMessageError as error:
        deps.telemetry.refuse("feedback_refused", error)
        return {"did": "refused"}
    except LeaseLostError as lost:
        deps.telemetry.debug("feedback_known", reason=str(lost))
        return {"did": "nothing new"}
    deps.telemetry.count(proof.transition.name, message_id=proof.key.message_id)
    if proof.harm is not None and ticket >= 0:
        _count(proof.harm, ticket, proof.key, deps)
    return {"did": proof.transition.name}


def _follow(chosen: Choice, deps: Deps) -> dict[str, str]:
    """A recipient has left SES's own list, or has come back to it."""
    did = "unsubscribed" if chosen.out else "resubscribed"
    write = deps.unsubscribed.leave if chosen.out else deps.unsubscribed.come_back
    if not write(chosen.user_id, "recipient", "on SES's own list", chosen.at):
        return {"did": "nothing new"}
    deps.telemetry.count(did)
    return {"did": did}


def _apply(transition: Transition, proof: Evidence, outbox: Outbox) -> int:
    """Gives the ticket of a message that SES has not brought to its recipient, or that they complain about; -1: none."""
    match transition:
        case transitions.CONFIRM:
            outbox.check_news(proof.key, proof.fence)  # mostly the answer has come before it
            outbox.confirm(proof.key, proof.fence, proof.ses_message_id)
        case transitions.MARK_DELIVERED:
            outbox.mark_delivered(proof.key, proof.ses_message_id)
        case transitions.MARK_SUPPRESSED:
            return outbox.mark_suppressed(proof.key, proof.ses_message_id, proof.reason)
        case transitions.MARK_BOUNCED:
            return outbox.mark_bounced(proof.key, proof.ses_message_id, proof.reason)
        case transitions.MARK_COMPLAINED:
            return outbox.mark_complained(proof.key, proof.ses_message_id, proof.reason)
        case transitions.MARK_UNRENDERED:
            try:
                outbox.mark_unrendered(proof.key, proof.fence, proof.reason)
            except LeaseLostError:
                outbox.note_unrendered(proof.key, proof.fence)
                raise
        case other:
            raise ValueError(f"feedback has no write for {other.name}")
    return -1


def _count(harm: Harm, ticket: int, key: Key, deps: Deps) -> None:
    """An event that comes again finds its message marked. So what can't be counted now never will be."""
    try:
        braked = deps.reputation.count(harm, ticket, key.message_id)
    except StoreUnavailableError as error:
        deps.telemetry.refuse("reputation_uncounted", error, message_id=key.message_id)
        return
    if braked is not None:
        deps.telemetry.count("reputation_brake", reason=braked)


@wiring.at_start
def make_deps() -> Deps:
    settings = wiring.environment(FeedbackSettings)
    outbox = wiring.outbox(settings.outbox_table, address_days=settings.address_days)
    limits = {Harm.BOUNCED: settings.max_bounced, Harm.COMPLAINED: settings.max_complained}
    reputation = wiring.reputation(settings.control_table, tuple(limits.items()))
    return Deps(
        outbox=outbox,
        telemetry=wiring.telemetry("feedback", counts_in_line=True),
        reputation=reputation,
        stack=settings.stack,
        unsubscribed=wiring.unsubscribed(settings.unsubscribed_table),
        topic=settings.contact_topic,
    )


def handler(event: dict[str, Any], _context: Any) -> dict[str, str]:
    try:
        return handle(event, make_deps())
    finally:
        make_deps().telemetry.flush()
