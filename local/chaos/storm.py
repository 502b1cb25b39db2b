"""Bad weather over a deployed stack: processes die, answers get lost, batches come twice, and SES changes its rate."""

import itertools
import threading
from types import TracebackType

from local.stack import engine_pages
from local.stack.detached_engine import Say

KILL_EVERY_S = 1.0
DROP_SES_ANSWERS = 0.1
DELIVER_TWICE = 0.5
THROTTLE_SES = 0.01
RATES = ((100.0, 12.0), (10.0, 4.0))
"""What SES accepts a second, and for how many seconds, in turn. The campaign plans by the rate that it knows until the
sweeper tells it another.
"""
FORECAST = (
    f"a busy process is killed every {KILL_EVERY_S:g} s, {DROP_SES_ANSWERS:.0%} of the answers of SES get lost, "
    f"{DELIVER_TWICE:.0%} of the stream batches come twice, SES refuses {THROTTLE_SES:.0%} of the requests for "
    "their rate, and it accepts "
    f"{', then '.join(f'{rate:g} mails a second for {seconds:g} s' for rate, seconds in RATES)}"
)


class Storm:
    """A context in which everything breaks; with it the faults end, and what they did to the messages stays."""

    def __init__(self, url: str, seed: int, say: Say) -> None:
        self._url = url
        self._seed = seed
        self._say = say
        self._over = threading.Event()
        self._changing = threading.Thread(target=self._change_rates, name="ses-rates", daemon=True)

    def __enter__(self) -> "Storm":
        self._say(f"the storm begins: {FORECAST}")
        engine_pages.begin_storm(
            self._url,
            seed=self._seed,
            kill_every_s=KILL_EVERY_S,
            drop_ses_answers=DROP_SES_ANSWERS,
            throttle_ses=THROTTLE_SES,
            deliver_twice=DELIVER_TWICE,
        )
        self._changing.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._changing.join()
        engine_pages.end_storm(self._url)
        self._say("the storm is over; now the sweeper brings back what is left")

    def _change_rates(self) -> None:
        for rate, lasts_s in itertools.cycle(RATES):
            engine_pages.set_ses_rate(self._url, rate)
            if self._over.wait(lasts_s):
                break
        engine_pages.set_ses_rate(self._url, RATES[0][0])
