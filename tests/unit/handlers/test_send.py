"""send: the one irreversible call and what follows each of its outcomes."""

from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest

from handlers import send
from shared.errors import (
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
from shared.pacing.campaign import REFUSED_AT_MOST
from shared.sending.claims import CLAIM_LEASE
from shared.times import to_text
from simulation.fakes.ses import LostAnswer, refused
from simulation.ses_events import event_of
from simulation.world import World
from tests.unit.handlers.actors import KEY, item, order, put, status
from tests.unit.handlers.answers import BOB, DAY_SPENT, EVE, PAUSED, REJECTED, SKEWED, THROTTLED, UNREACHED
from tests.unit.handlers.sending import claimed, opened


@pytest.fixture
def world() -> World:
    return opened(World(0))


def test_a_claimed_message_is_sent(world: World) -> None:
    claimed(world)
    assert world.send(order(world))["claims"] == [{**KEY._asdict(), "fence": 3, "ticket": 0, "format": 1}]
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
    assert item(world)["last_error"].startswith(("SES said", "SES was not reached"))


def test_throttled_sends_slow_everybody_down(world: World) -> None:
    claimed(world)
    world.ses_client.answers = [THROTTLED] * REFUSED_AT_MOST
    for _ in range(REFUSED_AT_MOST):
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
    monkeypatch.setattr(send, "make_deps", lambda: SimpleNamespace(telemetry=telemetry))
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
