"""feedback: lets what SES says afterwards close the story of a message."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from shared import wiring
from shared.errors import InvalidMessageError, LeaseLostError
from shared.outbox import transitions
from shared.outbox.outbox import Outbox
from shared.sending.evidence import Evidence, evidence
from shared.settings import FeedbackSettings
from shared.telemetry import Telemetry


@dataclass(frozen=True)
class Deps:
    outbox: Outbox
    telemetry: Telemetry
    stack: str
    """Events of other stacks share the bus; they are none of ours."""


def handle(event: dict[str, Any], deps: Deps) -> dict[str, str]:
    """Applies one SES event, in whatever order, however late and however often it comes.

    What can't be read is refused: an event is at most once more proof, and the message's own lease brings out what is
    missing.
    Raises StoreUnavailableError; Lambda then repeats the event and keeps it in the dead-letter queue in the end.
    """
    try:
        proof = evidence(event.get("detail"), deps.stack)
        if proof is None:
            deps.telemetry.count("feedback_ignored")
            return {"did": "ignored"}
        _apply(proof, deps.outbox)
    except InvalidMessageError as error:
        deps.telemetry.refuse("feedback_refused", error)
        return {"did": "refused"}
    except LeaseLostError as lost:
        deps.telemetry.debug("feedback_known", reason=str(lost))
        return {"did": "nothing new"}
    deps.telemetry.count(proof.transition.name, message_id=proof.key.message_id, ses_message_id=proof.ses_message_id)
    return {"did": proof.transition.name}


def _apply(proof: Evidence, outbox: Outbox) -> None:
    match proof.transition:
        case transitions.CONFIRM:
            outbox.confirm(proof.key, proof.fence, proof.ses_message_id)
        case transitions.MARK_DELIVERED:
            outbox.mark_delivered(proof.key, proof.ses_message_id)
        case transitions.MARK_BOUNCED:
            outbox.mark_bounced(proof.key, proof.ses_message_id, proof.reason)
        case transitions.MARK_COMPLAINED:
            outbox.mark_complained(proof.key, proof.ses_message_id, proof.reason)
        case transitions.MARK_UNRENDERED:
            try:
                outbox.mark_unrendered(proof.key, proof.fence, proof.reason)
            except LeaseLostError:
                outbox.note_unrendered(proof.key, proof.fence)
                raise
        case other:
            raise ValueError(f"feedback has no write for {other.name}")


@cache
def _deps() -> Deps:
    settings = wiring.environment(FeedbackSettings)
    return Deps(wiring.outbox(settings.outbox_table), wiring.telemetry("feedback"), settings.stack)


def handler(event: dict[str, Any], _context: Any) -> dict[str, str]:
    try:
        return handle(event, _deps())
    finally:
        _deps().telemetry.flush()
