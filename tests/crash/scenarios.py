"""The days that the crash harness acts out: each is a world and what it does to SES, the stream or the message."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

from shared.errors import OnlyonceError
from shared.outbox.states import Status
from shared.sweeping.intervals import BACK_WITHIN
from simulation.fakes.ses import LostAnswer, refused
from simulation.fakes.wire import Wire
from simulation.stack import PERIOD
from simulation.world import ProcessKilled, World

THROTTLED = ("TooManyRequestsException", "Maximum sending rate exceeded.", 429)
DAY_SPENT = ("TooManyRequestsException", "Daily message quota exceeded.", 429)
PAUSED = ("SendingPausedException", "Email sending is disabled for the account.", 400)
SKEWED = ("InvalidSignatureException", "Signature expired: 20261101T055000Z is now earlier than 20261101T055500Z", 403)
REJECTED = ("MessageRejected", "Message contains a virus.", 400)


TRIES = 5
"""How often somebody tries to start the month, or to resume it; no day has as many disturbances."""
RESUMES = 20
"""How often an operator looks, every 16 minutes, whether the campaign has paused itself again."""


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
    batch: int = 1
    """Claims that one execution may carry."""
    carries: int = 1
    """Claims that the day's largest execution does carry."""
    refusals: int = 0
    """Asks that SES itself may refuse, for its limits, on an undisturbed day. Scripted refusals are not counted."""
    beside: int = 0
    """Asks in one second beyond the rate: late ones go out beside the timetable, and SES tolerates a second's burst."""
    at_latest: timedelta | None = None
    """After its message was produced, each mail is accepted within this time on an undisturbed day. None: no matter."""
    late: bool = False
    """Whether mails come too late for their slots although nothing is disturbed."""
    in_pairs: bool = True
    """Whether its disturbances are tried in pairs as well. Their number grows with the square of the day's calls."""

    def act(self, wire: Wire) -> World:
        """One day from the schedule to the end of the story."""
        world = World(self.users, wire=wire, feedback_events=self.feedback_events)
        world.forget_the_table()
        world.send_batch_size = self.batch
        self.prepare(world)
        if self.produces:
            insist(world.produce)  # the schedule repeats, or somebody starts it again
        world.run(sweeps=4 if self.resumes else 75)
        for _ in range(RESUMES if self.resumes else 0):
            if world.finished():
                break
            insist(world.campaign().resume)
            world.run(sweeps=4)
        return world


def _becomes(*says: str) -> Callable[[World], None]:
    """What SES says of each mail."""

    def prepare(world: World) -> None:
        world.says = says

    return prepare


def insist(action: Callable[[], object]) -> None:
    """Does it again until it is done; what fails each time is a bug."""
    for tries_left in reversed(range(TRIES)):
        try:
            action()
            return
        except (ProcessKilled, OnlyonceError, BotoCoreError, ClientError):
            if not tries_left:
                raise


def _ses_answers(*answers: Exception | None) -> Callable[[World], None]:
    return lambda world: world.ses_client.answers.extend(answers)


def _batches(*answers: Exception | None) -> Callable[[World], None]:
    """A group is at most a second's worth, and its slots are not side by side: four a second make one group of three."""

    def prepare(world: World) -> None:
        world.ses_client.rate = 4
        world.ses_client.answers.extend(answers)

    return prepare


def _slow_account(world: World) -> None:
    """Two mails a second: four users don't fit into one."""
    world.ses_client.rate = 2


def _account_accepts_less_than_it_tells(world: World) -> None:
    """Of the 1.35 mails a second that are planned for, headroom taken off, SES takes 1; slowed down once, it takes all.

    So few mails are slowed down by the second refusal only, and retries are refused as well while nothing is slower. A stack
    that is slowed down by none takes twice as long for all six, because its retries come too late again and again. Six make many
    calls: in pairs that would be 20,000 cases, and what the second kill of a pair meets here the other slow accounts show.
    """
    world.ses_client.rate, world.ses_client.accepts = 1.5, 1


def _account_lowers_its_rate(world: World) -> None:
    """From 4 mails a second to 1, when all wait for their slots, behind others; a sweep finds out."""

    def lower() -> None:
        world.ses_client.rate = 1
        world.sweep()

    world.ses_client.rate = 4
    insist(lambda: world.campaign().reserve(8))
    world.later(timedelta(seconds=1), lower)


BY_HAND = "hand@example.com"


def _platform_stalls(world: World) -> None:
    """No function is started for ten seconds, and then all are, with one mail a second allowed."""
    world.ses_client.rate = 1
    world.stall(timedelta(seconds=2), timedelta(seconds=12))


def _put_by_hand(world: World) -> None:
    item = {"user_id": "by hand", "period": PERIOD, "status": Status.PENDING, "email": BY_HAND}
    world.outbox_table.put({**item, "data": {"month": "October", "total_time": "1 min"}})


def _stream_loses_everything(world: World) -> None:
    world.lose_stream_until_sweep()


def _sent_before(world: World) -> None:
    """The stack has sent a month's mails a month ago: its stream was last seen then."""
    before = World(3)
    before.produce()
    before.run()
    assert before.finished()
    (campaign,) = (item for item in before.control_table.items() if item["name"] == "campaign")
    world.control_table.put(campaign)
    world.now = before.now + timedelta(days=30)


def _stream_of_an_old_stack_loses_everything(world: World) -> None:
    _sent_before(world)
    world.lose_stream_until_sweep()


def _stream_delivers_twice(world: World) -> None:
    world.deliver_every_batch_twice()


TOGETHER = (
    Scenario("three in one execution", users=3, batch=25, prepare=_batches(), carries=3),
    Scenario(
        "SES throttles the second of three",
        users=3,
        batch=25,
        prepare=_batches(None, refused(*THROTTLED)),
        carries=3,
        late=True,
    ),
    Scenario(
        "SES rejects the second of three",
        users=3,
        batch=25,
        prepare=_batches(None, refused(*REJECTED)),
        rejects=True,
        in_pairs=False,
        carries=3,
    ),
    Scenario(
        "the second of three's answer is lost",
        users=3,
        batch=25,
        prepare=_batches(None, LostAnswer(accepted=True)),
        in_pairs=False,
        carries=3,
    ),
    Scenario(
        "the day is spent after one of three",
        users=3,
        batch=25,
        prepare=_batches(None, refused(*DAY_SPENT)),
        in_pairs=False,
        carries=3,
    ),
    Scenario("five, two in an execution", users=5, batch=2, prepare=_batches(), in_pairs=False, carries=2),
)
"""Days on which an execution carries several claims. In pairs two of them, for the reason at `in_pairs`."""


def _all_wake_late(world: World) -> None:
    """Every wake-up comes seven seconds late, and nobody knows it beforehand."""
    world.ses_client.rate = 4
    world.wakes_late(timedelta(seconds=7))


def _a_crowd_is_late(world: World) -> None:
    """No function is started for twenty seconds; those of later messages are in time again."""
    world.ses_client.rate = 4
    world.stall(timedelta(), timedelta(seconds=20))


def _ses_is_slow_for_a_while(world: World) -> None:
    """Longer than it is from one slot of an execution to its next."""
    world.ses_client.rate = 4
    world.ses_takes(timedelta(seconds=2), lasting=timedelta(seconds=6))


def _ses_takes_a_quarter_of_a_second(world: World) -> None:
    """As long as it is between two slots of an execution at least. One of nine mails in a row would be late."""
    world.ses_client.rate = 10
    world.ses_takes(timedelta(seconds=0.25))


_alone = partial(Scenario, users=10, in_pairs=False)
_in_batches = partial(_alone, batch=25, carries=3)

LATE = (
    _alone("all wake up late", prepare=_all_wake_late, late=True, at_latest=timedelta(seconds=10)),
    _in_batches("all wake up late, in batches", prepare=_all_wake_late, late=True, at_latest=timedelta(seconds=10)),
    _in_batches("a crowd is late, in batches", prepare=_a_crowd_is_late, late=True, at_latest=timedelta(seconds=22)),
    _in_batches(
        "SES is slow for a while, in batches",
        prepare=_ses_is_slow_for_a_while,
        late=True,
        at_latest=timedelta(seconds=18),
    ),
    _in_batches(
        "SES takes a quarter of a second, in batches",
        carries=4,
        prepare=_ses_takes_a_quarter_of_a_second,
        at_latest=timedelta(seconds=2),
    ),
)
"""Days on which mails come too late for their slots, or would. Their many calls would make 100,000 pairs each."""

A_MONTH_LATER = (
    Scenario("a good day, a month after another", prepare=_sent_before, at_latest=timedelta(minutes=1), in_pairs=False),
    *(
        Scenario(
            f"the stream loses everything, a month after another, {users} waiting",
            users=users,
            prepare=_stream_of_an_old_stack_loses_everything,
            at_latest=BACK_WITHIN,
            in_pairs=False,
        )
        for users in (1, 3)
    ),
)
"""Days on a stack that has sent before. What a second kill meets on them, the days of a fresh stack show in pairs."""

SCENARIOS = (
    Scenario("a good day"),
    Scenario("SES throttles", prepare=_ses_answers(refused(*THROTTLED), None)),
    Scenario("SES throttles the first of two", users=2, prepare=_ses_answers(refused(*THROTTLED), None), late=True),
    Scenario("every mail bounces", prepare=_becomes("Send", "Bounce")),
    Scenario("SES keeps every mail back, its address is suppressed", prepare=_becomes("Send", "Suppressed")),
    Scenario(
        "a mail is late, and complained about",
        prepare=_becomes("DeliveryDelay", "Delivery", "Complaint"),
        in_pairs=False,
    ),
    Scenario("SES can't be reached", prepare=_ses_answers(EndpointConnectionError(endpoint_url="https://email.test"))),
    Scenario("the day's quota is spent", prepare=_ses_answers(refused(*DAY_SPENT)), at_latest=timedelta(minutes=17)),
    Scenario(
        "the account is paused, an operator resumes",
        prepare=_ses_answers(refused(*PAUSED)),
        resumes=True,
        at_latest=timedelta(minutes=21),
    ),
    Scenario("one process's clock is wrong", prepare=_ses_answers(refused(*SKEWED), None)),
    Scenario("SES rejects the message", prepare=_ses_answers(refused(*REJECTED)), rejects=True),
    Scenario("the answer of SES is lost", prepare=_ses_answers(LostAnswer(accepted=True))),
    Scenario(
        "the answer of SES is lost, no events", prepare=_ses_answers(LostAnswer(accepted=True)), feedback_events=False
    ),
    Scenario("the request to SES is lost", prepare=_ses_answers(LostAnswer(accepted=False))),
    Scenario("a slow account", users=4, prepare=_slow_account),
    Scenario("sends are started late, all at once", users=3, prepare=_platform_stalls, late=True),
    Scenario("the account lowers its rate after slots are planned", users=3, prepare=_account_lowers_its_rate),
    Scenario(
        "the account accepts less than it tells",
        users=6,
        prepare=_account_accepts_less_than_it_tells,
        refusals=5,
        beside=1,
        at_latest=timedelta(seconds=12),
        late=True,
        in_pairs=False,
    ),
    Scenario("the stream delivers everything twice", prepare=_stream_delivers_twice),
    Scenario("the stream loses everything", prepare=_stream_loses_everything, at_latest=BACK_WITHIN),
    Scenario("a message is put into the table by hand", users=0, prepare=_put_by_hand, produces=False),
    *TOGETHER,
    *LATE,
    *A_MONTH_LATER,
)
