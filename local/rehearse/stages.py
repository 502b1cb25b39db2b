"""What happens in each scene, up to the moment at which somebody looks."""

import time

from local.month.outbox_view import Statuses
from local.rehearse.people import PEOPLE
from local.rehearse.rehearsal import Rehearsal
from local.stack import engine_pages
from shared.outbox.states import WAITING, Status

_SENT = (Status.SENT, Status.DELIVERED)
EVENTS_S = 1.0
"""Until SES has told, or dropped, what became of a mail."""


def wrong_text(rehearsal: Rehearsal) -> None:
    """Mails go out slowly, and their text is wrong."""
    _under_way(rehearsal, "rate 2")


def suspended(rehearsal: Rehearsal) -> None:
    """AWS pauses the account while mails go out."""
    _under_way(rehearsal, "rate 2")
    rehearsal.order("account pause")
    time.sleep(2)
    rehearsal.until(lambda statuses: not statuses[Status.SENDING], "SES is asked no more")


def failed(rehearsal: Rehearsal) -> None:
    """SES rejects two mails."""
    rehearsal.load()
    rehearsal.order("reject --times 2")
    rehearsal.produce()
    rehearsal.settle()


def uncertain(rehearsal: Rehearsal) -> None:
    """Two answers of SES are lost, and so are its events."""
    rehearsal.load()
    rehearsal.order("rate 4")
    rehearsal.order("lose-answers --times 2")
    rehearsal.order("events drop")
    rehearsal.produce()
    rehearsal.until(lambda statuses: statuses[Status.UNCERTAIN] == 2, "two answers are lost")
    time.sleep(EVENTS_S)
    rehearsal.order("events flow")
    rehearsal.until(_none_waits, "nothing waits any more")


def heals(rehearsal: Rehearsal) -> None:
    """Two answers of SES are lost, and its events are late."""
    rehearsal.load()
    rehearsal.order("lose-answers --times 2")
    rehearsal.order("events hold")
    rehearsal.produce()
    rehearsal.until(_none_waits, "nothing waits any more")


def stopped(rehearsal: Rehearsal) -> None:
    """Two thirds of the month's data are missing."""
    rehearsal.load(now=PEOPLE[:4])
    rehearsal.produce_the_month_before()
    rehearsal.produce()


def data_arrives(rehearsal: Rehearsal) -> None:
    """The rest of the data arrives."""
    rehearsal.load()


def quota(rehearsal: Rehearsal) -> None:
    """The account may send eight mails a day; the month has twelve."""
    rehearsal.load()
    rehearsal.order("daily 8")
    rehearsal.produce()
    rehearsal.until(lambda statuses: sum(statuses[one] for one in _SENT) == 8, "the day is spent")


def throttled(rehearsal: Rehearsal) -> None:
    """SES takes fewer mails a second than it said."""
    rehearsal.load()
    rehearsal.order("rate 20")
    rehearsal.produce()
    rehearsal.order("rate 1")
    rehearsal.until(lambda _: engine_pages.throttled(rehearsal.url) >= 4, "SES has refused some mails for its rate")


def producer(rehearsal: Rehearsal) -> None:
    """The producer is killed after five of twelve messages."""
    rehearsal.load()
    rehearsal.order("kill-producer 5")
    rehearsal.produce_in_vain()
    rehearsal.settle()


def workers(rehearsal: Rehearsal) -> None:
    """Processes of send are killed while mails go out."""
    rehearsal.load()
    rehearsal.order("rate 4")
    rehearsal.order("kill-workers send --every 0.3 --times 4")
    rehearsal.produce()
    rehearsal.until(lambda _: engine_pages.struck(rehearsal.url)["kills"] == 4, "four processes are killed")


def _under_way(rehearsal: Rehearsal, rate: str) -> None:
    rehearsal.load()
    rehearsal.order(rate)
    rehearsal.produce()
    rehearsal.until(lambda statuses: sum(statuses[one] for one in _SENT) >= 2, "mails go out")


def _none_waits(statuses: Statuses) -> bool:
    return not any(statuses[status] for status in WAITING)
