"""What hypothesis chooses from: SES's answers, the fates of a call, and how often each."""

from collections.abc import Callable

from botocore.exceptions import EndpointConnectionError
from hypothesis import strategies as st

from simulation.fakes.ses import LostAnswer, refused
from tests.crash.scenarios import DAY_SPENT, PAUSED, REJECTED, THROTTLED
from tests.stateful.workers import Fate

ANSWERS: dict[str, Callable[[], Exception | None]] = {
    "accepted": lambda: None,
    "accepted, the answer lost": lambda: LostAnswer(accepted=True),
    "lost on the way": lambda: LostAnswer(accepted=False),
    "not reached": lambda: EndpointConnectionError(endpoint_url="https://email.test"),
    "throttled": lambda: refused(*THROTTLED),
    "the day is spent": lambda: refused(*DAY_SPENT),
    "paused": lambda: refused(*PAUSED),
    "rejected": lambda: refused(*REJECTED),
}
ANY = st.integers(0, 20)
RECENT = st.sampled_from([0, 0, 0, 1, 2, 3, 5, 8])
"""Counted from the newest, which is where most trouble is."""
FATE = st.sampled_from([*[Fate.ANSWERED] * 20, *[Fate.REPEATED] * 2, *[Fate.COPIED] * 2, *Fate])
ANSWER = st.sampled_from([*["accepted"] * 5, *["throttled"] * 2, *sorted(ANSWERS)])
TURNS = st.lists(st.tuples(st.sampled_from([0, 0, 0, 1, 1, 1, 2]), FATE, ANSWER), min_size=10, max_size=24)
MEANWHILE = st.sampled_from(["nothing", "a late request arrives", "the lease runs out"])
TICKETS = st.sampled_from(["fresh", "fresh", "fresh", "as ordered"])
"""Fresh ones are for now; those of the order are mostly long over, and then the send takes others first."""
NEVER_SENT = ("Reject", "Rendering Failure")
"""Events that say of an accepted mail that SES did not send it after all."""
EVENT = st.sampled_from(["Send", "Send", "Delivery", "Complaint", "Bounce", "Suppressed", *NEVER_SENT])


def contradicts(kind: str, said: str) -> bool:
    """What never happens to one mail (source: SES developer guide, event types). What could not be rendered was not even
    accepted; what was rejected had been accepted, and nothing is heard of its delivery.
    """
    pair = {kind, said}
    return len(pair) == 2 and ("Rendering Failure" in pair or ("Reject" in pair and "Send" not in pair))
