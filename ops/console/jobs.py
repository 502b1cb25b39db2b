"""What was decided in this console: each is carried out once, in a thread, by the function that the command line has for it."""

import io
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from rich.console import Console

from ops.aws import asking
from ops.errors import RefusedError, UnclearError, UnreadableError
from ops.session import Session
from shared.errors import OnlyonceError

KEPT = 50
SOON_S = 2.0
"""Most are done by then."""
_WIDTH = 110


@dataclass
class Job:
    """`said` grows while it is at work."""

    number: int
    title: str
    back: str
    """The page that it was decided on."""
    once: str = field(default="", repr=False)
    """The form that it was begun with, as it was filled in; "": one that may come again."""
    output: io.StringIO = field(default_factory=io.StringIO)
    refused: str = ""
    status: int | None = None
    """As the command's exit status would be; None: not known."""
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def said(self) -> str:
        return self.output.getvalue().rstrip()

    @property
    def done(self) -> bool:
        return self.over.is_set()


class Jobs:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._kept: OrderedDict[int, Job] = OrderedDict()
        self._begun = 0
        self._beginning = threading.Lock()

    def start(self, title: str, back: str, typed: str, work: Callable[[Session], int], once: str = "") -> Job:
        """Begins it, and waits for a moment. `typed` is the answer to what it asks. A form that comes twice, as by a double
        click, is one job.
        """
        with self._beginning:
            if (begun := self.of_form(once)) is not None:
                return begun
            self._begun += 1
            job = Job(self._begun, title, back, once)
            self._kept[job.number] = job
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        session = replace(self._session, console=_quiet(job.output), ask=lambda _: typed)
        threading.Thread(target=_carry_out, args=(job, session, work), daemon=True).start()
        job.over.wait(SOON_S)
        return job

    def of_form(self, once: str) -> Job | None:
        """That which was begun with this form."""
        return next((job for job in list(self._kept.values()) if once and job.once == once), None)

    def get(self, number: int) -> Job | None:
        return self._kept.get(number)

    def cut_off(self) -> str:
        """What to know of those that are at work where the console ends."""
        titles = "; ".join(job.title for job in list(self._kept.values()) if not job.done)
        return (
            f" in the middle of: {titles}. What was begun is done, the rest is not; to decide it again is safe"
            if titles
            else ""
        )


def _carry_out(job: Job, session: Session, work: Callable[[Session], int]) -> None:
    try:
        with asking():
            job.status = work(session)
    except (RefusedError, UnclearError, UnreadableError, OnlyonceError, OSError) as refused:
        job.refused = str(refused)
    except BaseException:
        job.refused = "It ended in an error that nobody foresaw: the terminal of this console shows it"
        raise
    finally:
        job.over.set()


def _quiet(output: io.StringIO) -> Console:
    return Console(file=output, width=_WIDTH, markup=False, highlight=False, emoji=False)
