"""The days that the crash harness acts out: each is a world and what it does to SES, the stream or the message."""

from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import EndpointConnectionError

from shared.fakes.ses import LostAnswer, refused
from shared.fakes.wire import Wire
from shared.states import Status
from tests.simulation.world import PERIOD, ProcessKilled, World

THROTTLED = ("TooManyRequestsException", "Maximum sending rate exceeded.", 429)
DAY_SPENT = ("TooManyRequestsException", "Daily message quota exceeded.", 429)
PAUSED = ("SendingPausedException", "Email sending is disabled for the account.", 400)
REJECTED = ("MessageRejected", "Message contains a virus.", 400)


@dataclass(frozen=True)
class Scenario:
    """`prepare` sets the day up; `users` are produced, and the operator resumes a paused campaign if `resumes`."""

    name: str
    users: int = 1
    prepare: Callable[[World], None] = lambda _: None
    feedback_events: bool = True
    resumes: bool = False
    rejects: bool = False
    produces: bool = True

    def act(self, wire: Wire) -> World:
        """One day from the schedule to the end of the story."""
        world = World(self.users, wire=wire, feedback_events=self.feedback_events)
        self.prepare(world)
        while self.produces:
            try:
                world.produce()
                break
            except ProcessKilled:
                continue  # the schedule repeats, or somebody starts it again
        world.run(sweeps=3 if self.resumes else 60)
        while self.resumes and not world.finished():
            try:
                world.campaign().resume()
            except ProcessKilled:
                continue
            world.run(sweeps=3)
        return world


def _ses_answers(*answers: Exception | None) -> Callable[[World], None]:
    return lambda world: world.ses_client.answers.extend(answers)


def _put_by_hand(world: World) -> None:
    item = {"user_id": "by hand", "period": PERIOD, "status": Status.PENDING, "email": "hand@example.com"}
    world.outbox_table.put({**item, "data": {"month": "October", "total_time": "1 min"}})


def _stream_loses_everything(world: World) -> None:
    world.lose_stream_until_sweep()


def _stream_delivers_twice(world: World) -> None:
    world.deliver_every_batch_twice()


SCENARIOS = (
    Scenario("a good day"),
    Scenario("SES throttles", prepare=_ses_answers(refused(*THROTTLED), None)),
    Scenario("SES throttles the first of two", users=2, prepare=_ses_answers(refused(*THROTTLED), None)),
    Scenario("SES can't be reached", prepare=_ses_answers(EndpointConnectionError(endpoint_url="https://email.test"))),
    Scenario("the day's quota is spent", prepare=_ses_answers(refused(*DAY_SPENT))),
    Scenario("the account is paused, an operator resumes", prepare=_ses_answers(refused(*PAUSED)), resumes=True),
    Scenario("SES rejects the message", prepare=_ses_answers(refused(*REJECTED)), rejects=True),
    Scenario("the answer of SES is lost", prepare=_ses_answers(LostAnswer(accepted=True))),
    Scenario(
        "the answer of SES is lost, no events", prepare=_ses_answers(LostAnswer(accepted=True)), feedback_events=False
    ),
    Scenario("the request to SES is lost", prepare=_ses_answers(LostAnswer(accepted=False))),
    Scenario("the stream delivers everything twice", prepare=_stream_delivers_twice),
    Scenario("the stream loses everything", prepare=_stream_loses_everything),
    Scenario("a message is put into the table by hand", users=0, prepare=_put_by_hand, produces=False),
)
