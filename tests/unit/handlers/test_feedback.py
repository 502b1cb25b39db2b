"""feedback: events of SES in any order, from anybody, about anything."""

from typing import Any

import pytest

from handlers import feedback
from shared.errors import StoreUnavailableError
from shared.keys import Key
from shared.outbox.states import Status
from shared.outbox.transitions import CANCEL
from shared.rendering.tags import tags
from shared.sending.evidence import VERDICTS
from shared.store import Write
from simulation.ses_events import DETAILS, event_type
from simulation.stack import PERIOD, STACK
from simulation.world import World
from tests.unit.handlers.actors import KEY, item, put, status
from tests.unit.sending.test_subscription import subscription


@pytest.fixture
def world() -> World:
    return World(0)


def event(kind: str = "Send", stack: str = STACK, fence: int = 3, key: Key = KEY, **more: Any) -> dict[str, Any]:
    listed = {name: [value] for name, value in tags(stack, key, fence).items()}
    mail = {"messageId": "ses-1", "tags": listed}
    return {"eventType": event_type(kind), "mail": mail, **DETAILS.get(kind, {}), **more}


@pytest.mark.parametrize(
    ("present", "kind", "then"),
    [
        (Status.SENDING, "Send", "SENT"),
        (Status.UNCERTAIN, "Send", "SENT"),
        (Status.PENDING, "Send", "SENT"),
        (Status.FAILED, "Send", "SENT"),
        (Status.SENT, "Delivery", "DELIVERED"),
        (Status.UNCERTAIN, "Delivery", "DELIVERED"),
        (Status.DELIVERED, "Bounce", "BOUNCED"),
        (Status.BOUNCED, "Complaint", "COMPLAINED"),
        (Status.SENT, "Suppressed", "SUPPRESSED"),
        (Status.UNCERTAIN, "Suppressed", "SUPPRESSED"),
        (Status.SUPPRESSED, "Delivery", "DELIVERED"),
        (Status.SUPPRESSED, "Bounce", "BOUNCED"),
        (Status.SENT, "Rendering Failure", "FAILED"),
        (Status.SENDING, "Reject", "FAILED"),
    ],
)
def test_an_event_moves_its_message_on(world: World, present: Status, kind: str, then: str) -> None:
    put(world, present)
    answer = world.feed_back(event(kind))
    assert status(world) == then
    assert world.telemetry.events == [answer["did"]]
    assert (item(world)["fence"], world.feed_back(event(kind))["did"]) == (4, "nothing new")


def test_a_verdict_that_no_write_stands_for_is_told_and_not_passed_over(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(VERDICTS, "Send", CANCEL)
    before = put(world, Status.SENDING)
    with pytest.raises(ValueError, match="cancel"):
        world.feed_back(event("Send"))
    assert item(world) == before


def test_a_soft_bounce_is_the_end_of_its_mail(world: World) -> None:
    """SES has stopped trying; the message must not stay SENT as if it might still arrive."""
    put(world, Status.SENT)
    detail = event("Bounce", bounce={"bounceType": "Transient", "bounceSubType": "MailboxFull"})
    assert world.feed_back(detail) == {"did": "mark_bounced"}
    assert (status(world), item(world)["last_error"]) == ("BOUNCED", "bounced: Transient/MailboxFull")


def counts(world: World) -> dict[str, Any]:
    found = world.control_table.get({"name": "reputation"}) or {}
    return {name: value for name, value in found.items() if name not in ("name", "last_counted")}


def issue(world: World, tickets: int) -> None:
    """The campaign has given out so many."""
    world.campaign().state()
    world.control_table.write(Write({"name": "campaign"}, sets={"issued": tickets}))


def test_a_hard_bounce_and_a_complaint_are_counted_once_at_their_ticket(world: World) -> None:
    issue(world, 1_000)
    put(world, Status.SENT, ticket=450)
    for _ in range(2):
        world.feed_back(event("Bounce"))
    assert counts(world) == {"bounced_0_2": 1}
    for _ in range(2):
        world.feed_back(event("Complaint"))
    assert counts(world) == {"bounced_0_2": 1, "complained_0_0": 1}


@pytest.mark.parametrize(
    "detail",
    [
        event(),
        event("Delivery"),
        event("Suppressed"),
        event("Bounce", bounce={"bounceType": "Transient", "bounceSubType": "General"}),
        event("Complaint", complaint={"complaintFeedbackType": "not-spam"}),
        event("Reject"),
        event("DeliveryDelay"),
    ],
    ids=lambda detail: detail["eventType"],
)
def test_for_any_other_mail_nothing_is_counted_nor_read(world: World, detail: dict[str, Any]) -> None:
    put(world, Status.SENDING, ticket=4)
    before = world.control_table.items()
    world.feed_back(detail)
    assert world.control_table.items() == before


@pytest.mark.parametrize("ticket", [None, -1, "4", True])
def test_a_message_without_a_ticket_does_not_count(world: World, ticket: Any) -> None:
    put(world, Status.SENT, ticket=ticket)
    before = world.control_table.items()
    assert world.feed_back(event("Bounce")) == {"did": "mark_bounced"}
    assert world.control_table.items() == before


def test_the_tenth_of_many_bounces_pauses_the_campaign_and_says_why(world: World) -> None:
    for number in range(12):
        key = Key(f"user-{number}", PERIOD)
        issue(world, number * 10 + 1)
        put(world, Status.SENT, key, ticket=number * 10)
        assert world.feed_back(event("Bounce", key=key)) == {"did": "mark_bounced"}
        assert (world.campaign().state().paused is not None) == (number >= 9)
    assert world.campaign().state().paused == (
        "10 of 91 mails bounced, 10.99%: far above maxBounced, 2.00%. See docs/runbook.md, Too many mails bounce"
    )
    assert world.telemetry.events.count("reputation_brake") == 1


def test_what_cannot_be_counted_is_told_and_the_event_is_done(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lambda would repeat it, and find the message marked."""
    put(world, Status.SENT)

    def unavailable(_: object) -> object:
        raise StoreUnavailableError

    monkeypatch.setattr(world.control_table, "write", unavailable)
    assert world.feed_back(event("Bounce")) == {"did": "mark_bounced"}
    assert world.telemetry.events == ["mark_bounced", "reputation_uncounted"]


def test_a_delay_is_counted_and_changes_nothing(world: World) -> None:
    before = put(world, Status.SENT)
    assert world.feed_back(event("DeliveryDelay")) == {"did": "delayed"}
    assert item(world) == before
    assert world.telemetry.events == ["delayed"]


@pytest.mark.parametrize(
    ("present", "kind"),
    [
        (Status.SENT, "Send"),
        (Status.DELIVERED, "Send"),
        (Status.SUPPRESSED, "Send"),
        (Status.DELIVERED, "Suppressed"),
        (Status.BOUNCED, "Suppressed"),
        (Status.BOUNCED, "Delivery"),
        (Status.COMPLAINED, "Bounce"),
    ],
)
def test_an_event_that_tells_less_changes_nothing(world: World, present: Status, kind: str) -> None:
    before = put(world, present)
    assert world.feed_back(event(kind)) == {"did": "nothing new"}
    assert item(world) == before


def seen_as(world: World, monkeypatch: pytest.MonkeyPatch, past: dict[str, Any]) -> None:
    """A read that promises nothing about being up to date shows the message as it was."""
    monkeypatch.setattr(world.outbox_table, "get_many", lambda _: [past])


@pytest.mark.parametrize(
    "present", [Status.SENT, Status.SUPPRESSED, Status.DELIVERED, Status.BOUNCED, Status.COMPLAINED]
)
def test_a_send_event_that_comes_after_the_answer_costs_no_write(world: World, present: Status) -> None:
    put(world, present)
    assert world.feed_back(event()) == {"did": "nothing new"}
    assert world.outbox_table.requested == []


@pytest.mark.parametrize(
    "present",
    [Status.PENDING, Status.CLAIMED, Status.SENDING, Status.UNCERTAIN, Status.FAILED, Status.CANCELLED, Status.SENT],
)
@pytest.mark.parametrize("past", Status)
def test_what_a_read_shows_late_hides_no_evidence(
    world: World, monkeypatch: pytest.MonkeyPatch, present: Status, past: Status
) -> None:
    """Nobody knows how late. An ask that SES had accepted then was the last one of then, and has no news to tell."""
    earlier = put(world, past, send_fence=3)
    put(world, present, send_fence=6)
    seen_as(world, monkeypatch, earlier)
    over = past in (Status.SUPPRESSED, Status.DELIVERED, Status.BOUNCED, Status.COMPLAINED)
    world.feed_back(event(fence=6))
    if not over:  # nothing leads from there to any other status
        assert status(world) == "SENT"
        assert len(world.outbox_table.requested) == 1


def test_a_send_event_is_written_where_the_message_was_not_there_a_moment_ago(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(world, Status.SENDING)
    monkeypatch.setattr(world.outbox_table, "get_many", lambda _: [])
    assert world.feed_back(event()) == {"did": "confirm"}


@pytest.mark.parametrize("kind", ["Delivery", "Bounce", "Complaint", "Suppressed", "Reject", "Rendering Failure"])
def test_any_other_event_is_written_without_a_look(world: World, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    put(world, Status.SENT)
    seen_as(world, monkeypatch, {**item(world), "status": "COMPLAINED"})
    assert world.feed_back(event(kind))["did"].startswith("mark_")


def test_the_send_event_of_an_ask_that_was_never_sent_proves_nothing(world: World) -> None:
    """SES publishes it beside the rendering failure, in any order."""
    history = {"produce": "2026-11-01T06:00:00.000Z", "unrendered_3": "2026-11-01T06:00:00.000Z"}
    before = put(world, Status.FAILED, history=history)
    assert world.feed_back(event(fence=3)) == {"did": "nothing new"}
    assert item(world) == before
    assert world.feed_back(event(fence=4)) == {"did": "confirm"}


@pytest.mark.parametrize("present", [Status.SENT, Status.PENDING, Status.CLAIMED, Status.FAILED, Status.DELIVERED])
def test_a_rendering_failure_of_an_earlier_ask_is_only_remembered(world: World, present: Status) -> None:
    put(world, present)
    assert world.feed_back(event("Rendering Failure", fence=2)) == {"did": "nothing new"}
    assert (status(world), "unrendered_2" in item(world)["history"]) == (present, True)


def test_the_late_send_event_of_a_rejected_ask_proves_nothing_of_the_one_after_it(world: World) -> None:
    """The answer was lost, an operator sends it again, and only now comes what SES made of the first ask."""
    put(world, Status.UNCERTAIN)
    world.outbox().resend(KEY, 3, "ann", "they say so")
    world.feed_back(event("Reject", fence=3))
    assert world.feed_back(event(fence=3)) == {"did": "nothing new"}
    assert status(world) == "PENDING"


def test_every_rejected_ask_is_remembered(world: World) -> None:
    for fence in (3, 5):
        put(world, Status.SENT, send_fence=fence, history=item(world)["history"] if fence == 5 else {})
        world.feed_back(event("Reject", fence=fence))
        assert status(world) == "FAILED"
    for fence in (3, 5):
        assert world.feed_back(event(fence=fence)) == {"did": "nothing new"}


@pytest.mark.parametrize(
    "detail",
    [
        {},
        None,
        {"eventType": "Send"},
        {"eventType": "Send", "mail": {"messageId": "x", "tags": {}}},
        event(stack="onlyonce-dev"),
        event("Open"),
        [],
        "text",
        ["list"],
        {"eventType": "Send", "mail": "text"},
        {"eventType": "Send", "mail": {"tags": ["list"]}},
    ],
)
def test_what_is_none_of_ours_is_ignored(world: World, detail: Any) -> None:
    before = put(world, Status.SENDING)
    assert world.feed_back(detail) == {"did": "ignored"}
    assert item(world) == before
    assert world.telemetry.events == ["feedback_ignored"]


@pytest.mark.parametrize("tag", ["onlyonce-user", "onlyonce-period", "onlyonce-fence"])
@pytest.mark.parametrize("value", [None, [], ["!"], "text"])
def test_what_claims_to_be_ours_and_cannot_be_read_is_refused(world: World, tag: str, value: Any) -> None:
    before = put(world, Status.SENDING)
    detail = event()
    detail["mail"]["tags"][tag] = value
    assert world.feed_back(detail) == {"did": "refused"}
    assert item(world) == before
    assert world.telemetry.events == ["feedback_refused"]


def test_a_rendering_failure_without_our_tags_is_counted(world: World) -> None:
    before = put(world, Status.SENT)
    detail = event("Rendering Failure")
    detail["mail"]["tags"] = {"ses:configuration-set": [STACK]}
    assert world.feed_back(detail) == {"did": "refused"}
    assert item(world) == before
    assert world.telemetry.events == ["feedback_refused"]


def test_an_event_about_a_message_that_is_not_there_creates_none(world: World) -> None:
    assert world.feed_back(event()) == {"did": "nothing new"}
    assert world.outbox_table.items() == []


@pytest.mark.parametrize(
    "changes", [{"history": None}, {"history": "text"}, {"fence": "3"}, {"email": None}, {"attempt": "x"}]
)
def test_a_malformed_item_is_refused_not_retried(world: World, changes: dict[str, Any]) -> None:
    """Lambda would repeat the event, and every repetition would end the same way."""
    put(world, Status.SENDING, **changes)
    answer = world.feed_back(event())
    assert answer["did"] in ("refused", "confirm")
    assert len(world.telemetry.refusals) == 1 or status(world) == "SENT"


def test_a_table_that_does_not_answer_lets_lambda_repeat_the_event(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(world, Status.SENDING)

    def unavailable(_: object) -> object:
        raise StoreUnavailableError

    for call in ("get_many", "write"):
        with monkeypatch.context() as patch:
            patch.setattr(world.outbox_table, call, unavailable)
            with pytest.raises(StoreUnavailableError):
                world.feed_back(event())
    assert world.feed_back(event()) == {"did": "confirm"}


@pytest.mark.parametrize("whole", [{}, {"detail": None}, {"Records": []}])
def test_an_event_that_is_none_of_eventbridge(world: World, whole: dict[str, Any]) -> None:
    assert feedback.handle(whole, world.feedback_deps()) == {"did": "ignored"}


def test_a_recipient_who_leaves_ses_own_list_is_noted_and_one_who_comes_back(world: World) -> None:
    assert world.feed_back(subscription("ann", out=True)) == {"did": "unsubscribed"}
    assert world.feed_back(subscription("ann", out=True)) == {"did": "nothing new"}
    assert world.unsubscribed().users() == {"ann"}
    back = subscription("ann", out=False, at="2026-11-03T09:00:00.000Z")
    assert world.feed_back(back) == {"did": "resubscribed"}
    assert world.feed_back(subscription("ann", out=True)) == {"did": "nothing new"}, "an event that comes again, late"
    assert world.unsubscribed().users() == frozenset()
    assert (world.unsubscribed().get("ann") or {})["by"] == "recipient"
