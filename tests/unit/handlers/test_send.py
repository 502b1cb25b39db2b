"""send: the one irreversible call and what follows each of its outcomes."""

from collections.abc import Callable
from contextlib import nullcontext, suppress
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest
from botocore.exceptions import EndpointConnectionError

from handlers import send
from shared.errors import (
    InvalidMessageError,
    OutOfTimeError,
    RenderError,
    SendRejectedError,
    SendThrottledError,
    SendUnavailableError,
    SendUncertainError,
    StoreUnavailableError,
    UnfitProcessError,
)
from shared.keys import Key
from shared.outbox.states import Status
from shared.sending.claims import CLAIM_LEASE
from shared.times import to_text
from simulation.fakes.ses import LostAnswer, refused
from simulation.fakes.wire import Wire
from simulation.world import World, event_of
from tests.unit.handlers.actors import KEY, item, order, put, status
from tests.unit.handlers.sending import claimed, opened

T = TypeVar("T")
BOB, EVE = Key("bob", "2026-10"), Key("eve", "2026-10")
THROTTLED = refused("TooManyRequestsException", "Maximum sending rate exceeded.", 429)
DAY_SPENT = refused("TooManyRequestsException", "Daily message quota exceeded.", 429)
PAUSED = refused("SendingPausedException", "Email sending is disabled.", 400)
REJECTED = refused("MessageRejected", "Message contains a virus.", 400)
SKEWED = refused("InvalidSignatureException", "Signature expired: 20261101T055000Z is now earlier than …", 403)
UNREACHED = EndpointConnectionError(endpoint_url="https://email.test")


@pytest.fixture
def world() -> World:
    return opened(World(0))


def test_a_claimed_message_is_sent(world: World) -> None:
    claimed(world)
    assert world.send(order(world))["claims"] == [{**KEY._asdict(), "fence": 3, "ticket": 0}]
    assert (status(world), item(world)["ses_message_id"]) == ("SENT", "ses-1")
    (mail,) = world.ses_client.inbox
    assert mail.recipient == "ann@example.com"


TOLD_AS = {"CLAIMED": "snooze", "FAILED": "fail", "UNCERTAIN": "mark_uncertain"}
"""In the log and the metrics, which alarms watch: by the name of the transition."""


@pytest.mark.parametrize(
    ("answer", "error", "left", "attempt"),
    [
        (THROTTLED, SendThrottledError, "CLAIMED", 2),
        (UNREACHED, SendUnavailableError, "CLAIMED", 2),
        (SKEWED, UnfitProcessError, "CLAIMED", 2),
        (REJECTED, SendRejectedError, "FAILED", 2),
        (LostAnswer(accepted=True), SendUncertainError, "UNCERTAIN", 2),
        (LostAnswer(accepted=False), SendUncertainError, "UNCERTAIN", 2),
        (refused("InternalFailure", "", 500), SendUncertainError, "UNCERTAIN", 2),
    ],
)
def test_an_outcome_that_the_state_machine_is_told(
    world: World, answer: Exception, error: type[Exception], left: str, attempt: int
) -> None:
    claimed(world)
    world.ses_client.answers = [answer]
    with pytest.raises(error):
        world.send(order(world))
    assert (status(world), item(world)["attempt"], item(world)["fence"]) == (left, attempt, 3)
    assert world.ses_client.asks == 1
    assert world.telemetry.events == [TOLD_AS[left]]


@pytest.mark.parametrize(("answer", "reason"), [(DAY_SPENT, "Daily message quota"), (PAUSED, "disabled")])
def test_what_stops_the_campaign_gives_everything_back(world: World, answer: Exception, reason: str) -> None:
    claimed(world, KEY, BOB, EVE)
    world.ses_client.answers = [None, answer]
    assert world.send(order(world, KEY, BOB, EVE))["claims"] == []
    assert [status(world, key) for key in (KEY, BOB, EVE)] == ["SENT", "PENDING", "PENDING"]
    assert reason in item(world, BOB)["last_error"]
    assert item(world, BOB)["attempt"] == item(world, EVE)["attempt"] == 1
    assert world.telemetry.events == ["mark_sent", "release", "release"]
    assert reason in str(world.campaign().state().halted(world.now))
    assert world.ses_client.asks == 2


def test_when_ses_is_asked_the_message_is_sending_under_a_new_token(world: World) -> None:
    """I1: a process that dies during the ask leaves a message that is not asked for again."""
    claimed(world)
    world.ses_client.answers = [UNREACHED, None]
    ask, seen = world.ses_client.send_email, []

    def watched(**request: Any) -> dict[str, str]:
        seen.append((status(world), item(world)["send_token"], item(world)["send_fence"]))
        return ask(**request)

    world.ses_client.send_email = watched  # type: ignore[method-assign]
    with pytest.raises(SendUnavailableError):
        world.send(order(world))
    world.send(order(world))
    assert [(one, fence) for one, _, fence in seen] == [("SENDING", 3), ("SENDING", 3)]
    assert len({token for _, token, _ in seen}) == 2


@pytest.mark.parametrize("answer", [THROTTLED, UNREACHED, SKEWED])
def test_a_claim_that_is_kept_has_time_for_the_retries(world: World, answer: Exception) -> None:
    """The lease of the ask is short; the sweeper must not take back what the state machine tries again."""
    claimed(world)
    world.ses_client.answers = [answer]
    leases: list[str] = []
    ask = world.ses_client.send_email

    def watched(**request: Any) -> dict[str, str]:
        leases.append(item(world)["lease_expires_at"])
        return ask(**request)

    world.ses_client.send_email = watched  # type: ignore[method-assign]
    with pytest.raises((SendThrottledError, SendUnavailableError, UnfitProcessError)):
        world.send(order(world))
    assert leases == [to_text(world.now + send.SEND_LEASE)]
    assert item(world)["lease_expires_at"] == to_text(world.now + CLAIM_LEASE)
    assert item(world)["last_error"]


def test_a_throttled_send_slows_everybody_down(world: World) -> None:
    claimed(world)
    world.ses_client.answers = [THROTTLED]
    with pytest.raises(SendThrottledError):
        world.send(order(world))
    assert world.campaign().state().pace.share == pytest.approx(0.7)


def test_an_unreachable_ses_slows_nobody_down(world: World) -> None:
    claimed(world)
    world.ses_client.answers = [UNREACHED]
    with pytest.raises(SendUnavailableError):
        world.send(order(world))
    world.send(order(world))
    assert status(world) == "SENT"


def test_a_wrong_clock_stops_nobody_else_and_the_rest_of_the_order_has_its_turn_in_the_retry(world: World) -> None:
    claimed(world, KEY, BOB)
    world.ses_client.answers = [SKEWED]
    with pytest.raises(UnfitProcessError):
        world.send(order(world, KEY, BOB))
    assert (status(world), status(world, BOB)) == ("CLAIMED", "CLAIMED")
    state = world.campaign().state()
    assert (state.paused, state.halted(world.now), state.pace.share) == (None, None, 1)
    world.send(order(world, KEY, BOB))
    assert (status(world), status(world, BOB)) == ("SENT", "SENT")


@pytest.mark.parametrize(
    ("error", "ends"),
    [
        (UnfitProcessError(), True),
        (StoreUnavailableError("the clock is wrong", unfit=True), True),
        (StoreUnavailableError("it does not answer"), False),
    ],
)
def test_an_unfit_process_tells_what_it_counted_and_ends(
    error: Exception, *, ends: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lambda may give the retry to a process that it has frozen, and this one would fail again."""
    flushed: list[str] = []
    telemetry = SimpleNamespace(flush=lambda: flushed.append("metrics"))

    def unfit(*_: object) -> None:
        raise error

    monkeypatch.setattr(send, "handle", unfit)
    monkeypatch.setattr(send, "_deps", lambda: SimpleNamespace(telemetry=telemetry))
    with pytest.raises(SystemExit if ends else StoreUnavailableError) as ended:
        send.handler({}, SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000))
    assert flushed == ["metrics"]
    assert getattr(ended.value, "code", None) == (1 if ends else None)


def test_an_answer_that_was_lost_is_never_asked_again(world: World) -> None:
    """I1, however it is invoked again."""
    claimed(world)
    world.ses_client.answers = [LostAnswer(accepted=True)]
    with pytest.raises(SendUncertainError):
        world.send(order(world))
    for _ in range(3):
        world.send(order(world))
    assert (status(world), world.ses_client.asks) == ("UNCERTAIN", 1)


def test_an_answer_that_was_lost_is_known_to_be_lost(world: World) -> None:
    """The message says so itself, at once, and the log and the metric by the transition's name."""
    claimed(world)
    world.ses_client.answers = [LostAnswer(accepted=True)]
    with pytest.raises(SendUncertainError):
        world.send(order(world))
    assert item(world)["last_error"].startswith("the answer of SES was lost: LostAnswer")
    assert world.telemetry.events == ["mark_uncertain"]
    assert world.telemetry.refusals[0].startswith("the answer of SES was lost")
    assert world.sweep() == {}


@pytest.mark.parametrize("kind", ["Send", "Delivery"])
def test_an_event_is_faster_than_the_loss_of_the_answer(world: World, kind: str) -> None:
    """The asker waits out its time-out while SES's event is on its way: what is known of the mail stays."""
    claimed(world)
    world.ses_client.answers = [LostAnswer(accepted=True)]
    ask = world.ses_client.send_email

    def overtaken(**request: Any) -> dict[str, str]:
        try:
            return ask(**request)
        finally:
            world.feed_back(event_of(kind, world.ses_client.inbox[0]))

    world.ses_client.send_email = overtaken  # type: ignore[method-assign]
    with pytest.raises(SendUncertainError):
        world.send(order(world))
    assert status(world) == {"Send": "SENT", "Delivery": "DELIVERED"}[kind]


def test_the_others_have_their_turn_before_an_error_is_told(world: World) -> None:
    claimed(world, KEY, BOB, EVE)
    world.ses_client.answers = [REJECTED, LostAnswer(accepted=False), None]
    with pytest.raises(SendUncertainError):
        world.send(order(world, KEY, BOB, EVE))
    assert [status(world, key) for key in (KEY, BOB, EVE)] == ["FAILED", "UNCERTAIN", "SENT"]


def test_a_message_without_its_variables_fails_unasked(world: World) -> None:
    put(world, Status.CLAIMED, data={"month": "October"})
    claimed(world, BOB)
    with pytest.raises(RenderError, match="total_time"):
        world.send(order(world, KEY, BOB))
    assert (status(world), status(world, BOB)) == ("FAILED", "SENT")
    assert world.ses_client.asks == 1


@pytest.mark.parametrize("present", [status for status in Status if status is not Status.CLAIMED])
def test_a_message_that_is_not_claimed_is_not_sent(world: World, present: Status) -> None:
    before = put(world, present)
    world.send(order(world))
    assert item(world) == before
    assert world.ses_client.asks == 0


@pytest.mark.parametrize("fence", [0, 2, 4, -1, 10**30])
def test_an_execution_with_a_foreign_fence_sends_nothing(world: World, fence: int) -> None:
    """Started by hand, or overtaken."""
    before = put(world, Status.CLAIMED)
    world.send(order(world, fence=fence))
    assert item(world) == before
    assert world.ses_client.asks == 0


def test_an_execution_for_nobody_sends_nothing(world: World) -> None:
    world.send(order(world))
    assert world.outbox_table.items() == []
    assert world.ses_client.asks == 0


def test_a_claim_listed_twice_is_sent_once(world: World) -> None:
    claimed(world)
    world.send(order(world, KEY, KEY))
    assert (status(world), world.ses_client.asks) == ("SENT", 1)


@pytest.mark.parametrize(
    "event",
    [
        None,
        [],
        {},
        {"action": "send"},
        {"action": "send", "claims": "all"},
        {"action": "send", "send_at": "now", "claims": []},
    ],
)
def test_rubbish_is_refused(world: World, event: Any) -> None:
    with pytest.raises(InvalidMessageError):
        world.send(event)


@pytest.mark.parametrize("action", [None, "", "SEND", "handle", ["send"]])
def test_an_unknown_action_is_refused(world: World, action: Any) -> None:
    claimed(world)
    with pytest.raises(InvalidMessageError, match="action"):
        world.send(order(world, action=action))
    assert world.ses_client.asks == 0


@pytest.mark.parametrize(
    "changes", [{"email": None}, {"data": "text"}, {"fence": "3"}, {"history": None}, {"send_at": "soon"}]
)
def test_a_malformed_item_is_refused_and_holds_nothing_up(world: World, changes: dict[str, Any]) -> None:
    """The others of the order have their turn; the error comes after them."""
    put(world, Status.CLAIMED, **changes)
    claimed(world, BOB)
    with pytest.raises(InvalidMessageError, match="attribute"):
        world.send(order(world, KEY, BOB))
    assert status(world, BOB) == "SENT"
    assert world.ses_client.asks == 1
    assert len(world.telemetry.refusals) == 1


def test_a_message_whose_template_ses_does_not_have_is_not_left_claimed(world: World) -> None:
    """A template's name that was misspelt by hand. Its attempts must not burn down to a FAILED that says nothing."""
    put(world, Status.CLAIMED, template="no-such-template")
    claimed(world, BOB)
    with suppress(RenderError):
        world.send(order(world, KEY, BOB))
    assert status(world) in ("PENDING", "FAILED")
    assert "no-such-template" in item(world)["last_error"]
    assert world.ses_client.asks <= 1


def test_too_little_time_is_left(world: World) -> None:
    claimed(world, KEY, BOB)
    with pytest.raises(OutOfTimeError, match="too late for this invocation"):
        world.send(order(world, KEY, BOB), remaining_ms=lambda: 30_000)
    assert world.ses_client.asks == 0


def test_time_runs_out_between_begin_send_and_the_ask(world: World) -> None:
    """begin_send took long: SES is not asked, for nobody could record its answer any more."""
    claimed(world)
    left = iter([60_000, 20_000])
    with pytest.raises(OutOfTimeError, match="SES was not asked"):
        world.send(order(world), remaining_ms=lambda: next(left))
    assert (status(world), world.ses_client.asks) == ("CLAIMED", 0)


class Hiccups(Wire):
    """The outbox is unavailable for a while, from the n-th of its updates on; what it was asked for is done or not."""

    def __init__(self, first: int, times: int, *, done: bool) -> None:
        self.updates = 0
        self.hit = range(first, first + times)
        self.done = done

    def call(self, operation: str, carry_out: Callable[[], T]) -> T:
        if operation != "outbox.UpdateItem":
            return carry_out()
        self.updates += 1
        if self.updates not in self.hit:
            return carry_out()
        if self.done:
            with suppress(Exception):
                carry_out()
        raise StoreUnavailableError("DynamoDB is down")


HICCUPS_A_SLOT_LASTS = {1: 2, 2: 20}
"""At begin_send, and at what follows the answer: that one needs no slot any more."""


@pytest.mark.parametrize("done", [False, True])
def test_a_begin_send_that_outlasts_the_slot_asks_nobody(done: bool) -> None:
    """The claim stays, and the retry goes on with it: its slot is over, and it takes a place beside the timetable."""
    world = opened(World(0, wire=Hiccups(1, 3, done=done)))
    claimed(world)
    with pytest.raises(OutOfTimeError, match="SES was not asked"):
        world.send(order(world))
    assert (status(world), world.ses_client.asks, item(world)["fence"]) == ("CLAIMED", 0, 3)
    world.send(order(world))
    assert (status(world), world.ses_client.asks) == ("SENT", 1)


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("update", [1, 2])
@pytest.mark.parametrize(
    ("answer", "error", "then"),
    [
        (None, None, "SENT"),
        (THROTTLED, SendThrottledError, "CLAIMED"),
        (UNREACHED, SendUnavailableError, "CLAIMED"),
        (SKEWED, UnfitProcessError, "CLAIMED"),
        (REJECTED, SendRejectedError, "FAILED"),
        (DAY_SPENT, None, "PENDING"),
        (LostAnswer(accepted=True), SendUncertainError, "UNCERTAIN"),
    ],
)
def test_a_store_that_hiccups_around_the_ask(
    answer: Exception | None, error: type[Exception] | None, then: str, update: int, done: bool
) -> None:
    """begin_send is repeated while the slot lasts, what follows the answer while there is time, and SES is asked once."""
    world = opened(World(0, wire=Hiccups(update, HICCUPS_A_SLOT_LASTS[update], done=done)))
    claimed(world)
    world.ses_client.answers = [answer]
    with pytest.raises(error) if error else nullcontext():
        world.send(order(world))
    assert (status(world), world.ses_client.asks) == (then, 1)


class Overtaken(Wire):
    """Somebody else takes the message right before the n-th update of the outbox."""

    def __init__(self, update: int) -> None:
        self.left = update
        self.take: Callable[[], object] = lambda: None

    def call(self, operation: str, carry_out: Callable[[], T]) -> T:
        if operation == "outbox.UpdateItem":
            self.left -= 1
            if self.left == 0:
                self.take()
        return carry_out()


def test_a_claim_that_is_lost_at_begin_send_asks_nobody() -> None:
    """I1: the worker that has it now may be asking at this moment."""
    wire = Overtaken(1)
    world = opened(World(0, wire=wire))
    claimed(world)
    wire.take = lambda: put(world, Status.CLAIMED, fence=4)
    world.send(order(world))
    assert (status(world), item(world)["fence"], world.ses_client.asks) == ("CLAIMED", 4, 0)
    assert world.telemetry.events == ["send_lost"]


@pytest.mark.parametrize("answer", [None, REJECTED, LostAnswer(accepted=True), THROTTLED, DAY_SPENT])
def test_an_answer_that_belongs_to_an_ask_of_the_past_is_told_as_lost(answer: Exception | None) -> None:
    """The asker stalled, an operator had it sent again, and another ask is under way: the item says nothing of this one."""
    wire = Overtaken(2)
    world = opened(World(0, wire=wire))
    claimed(world, KEY, BOB)
    world.ses_client.answers = [answer, None]
    wire.take = lambda: put(world, Status.SENDING, fence=5, send_token="another's", send_fence=5)
    world.send(order(world, KEY, BOB))
    assert (status(world), item(world)["send_token"]) == ("SENDING", "another's")
    assert world.telemetry.events == ["send_lost", "mark_sent"], "the other's own is recorded"
    assert status(world, BOB) == "SENT"


@pytest.mark.parametrize("answer", [None, LostAnswer(accepted=True)])
def test_a_store_that_stays_away_leaves_the_message_to_the_sweeper(answer: Exception | None) -> None:
    world = opened(World(0, wire=Hiccups(2, 1000, done=False)))
    claimed(world)
    world.ses_client.answers = [answer]
    left = iter(range(60_000, 0, -1_000))
    with pytest.raises(StoreUnavailableError):
        world.send(order(world), remaining_ms=lambda: next(left))
    assert (status(world), world.ses_client.asks) == ("SENDING", 1)


def test_a_round_given_up(world: World) -> None:
    claimed(world)
    assert world.send(order(world, action="give_back"))["claims"] == []
    assert (status(world), item(world)["attempt"]) == ("PENDING", 1)
    assert world.campaign().state().pace.share == pytest.approx(0.7)
    assert "round_given_up" in world.telemetry.events


def test_many_messages_that_lack_a_variable_pause_the_campaign(world: World) -> None:
    for number in range(60):
        put(world, Status.CLAIMED, Key(f"user-{number}", "2026-10"), data={})
        with suppress(RenderError):
            world.send(order(world, Key(f"user-{number}", "2026-10")))
    paused = str(world.campaign().state().paused)
    assert "50 of some 0 messages were rejected" in paused
    assert "total_time" in paused, "it names what the last one lacked"
    assert status(world, Key("user-59", "2026-10")) == "PENDING"


def test_a_paused_campaign_gives_back_unasked(world: World) -> None:
    claimed(world)
    world.campaign().pause("an operator said so")
    assert world.send(order(world))["claims"] == []
    assert (status(world), item(world)["attempt"]) == ("PENDING", 1)
    assert item(world)["last_error"] == "an operator said so"
    assert world.ses_client.asks == 0


@pytest.mark.parametrize("present", [Status.SENDING, Status.UNCERTAIN, Status.SENT, Status.PENDING, Status.FAILED])
def test_only_what_was_not_asked_for_is_given_back(world: World, present: Status) -> None:
    before = put(world, present)
    claimed(world, BOB)
    assert world.send(order(world, KEY, BOB, action="give_back"))["claims"] == []
    assert item(world) == before
    assert status(world, BOB) == "PENDING"
