"""Random faults, again and again, until they are called off.

PUT    /_onlyonce/faults/storm  any of the settings below; it rages until it is called off or another is ordered
GET    /_onlyonce/faults/storm  the settings (none: calm), and how often each fault struck since the last PUT
DELETE /_onlyonce/faults/storm  calls it off; the figures stay

seed              of all that is random here, whole number; when and whom it hits depends on timing as well
kill_every_s      seconds, on average, between two moments at which a random busy Lambda worker is killed; 0: none
functions         names of the functions whose workers are killed; none named: any
drop_ses_answers  share of the SendEmail requests that SES accepts and whose answer is lost
throttle_ses      share of the SendEmail requests that SES refuses for the rate
reject_ses        share of the SendEmail requests that SES rejects for good
deliver_twice     share of the stream batches that a function gets a second time
at_most           how often one of kills, dropped_answers, throttled, rejected and repeated_batches strikes, by name
"""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from local.engine.faults import workers
from local.engine.mends.ses import routes


@dataclass(frozen=True)
class Settings:
    """What was ordered."""

    seed: int = 0
    kill_every_s: float = 0.0
    functions: list[str] = field(default_factory=list)
    drop_ses_answers: float = 0.0
    throttle_ses: float = 0.0
    reject_ses: float = 0.0
    deliver_twice: float = 0.0
    at_most: dict[str, int] = field(default_factory=dict)


@dataclass
class Struck:
    """How often each fault struck."""

    kills: int = 0
    killed: dict[str, int] = field(default_factory=dict)
    """Kills by function."""
    dropped_answers: int = 0
    throttled: int = 0
    rejected: int = 0
    repeated_batches: int = 0


_LIMITED = ("kills", "dropped_answers", "throttled", "rejected", "repeated_batches")


def _is_share(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value <= 1


def _is_limit(value: Any) -> bool:
    return isinstance(value, dict) and all(k in _LIMITED and type(n) is int and n >= 0 for k, n in value.items())


_FITS: dict[str, Callable[[Any], bool]] = {
    "seed": lambda v: type(v) is int,
    "kill_every_s": lambda v: type(v) in (int, float) and v >= 0,
    "functions": lambda v: isinstance(v, list) and all(isinstance(name, str) for name in v),
    "drop_ses_answers": _is_share,
    "throttle_ses": _is_share,
    "reject_ses": _is_share,
    "deliver_twice": _is_share,
    "at_most": _is_limit,
}
_lock = threading.Lock()
_settings: Settings | None = None
_struck = Struck()
_dice = random.Random()
_POLL_S = 0.1


def install() -> None:
    """Answer the URLs."""
    routes.add_own("PUT", "faults/storm", _begin)
    routes.add_own("GET", "faults/storm", _show)
    routes.add_own("DELETE", "faults/storm", _end)


def drops_ses_answer() -> bool:
    """Whether the answer that is about to go out gets lost."""
    return _strikes("dropped_answers", lambda settings: settings.drop_ses_answers)


def throttles_ses() -> bool:
    """Whether SES refuses, for the rate, the mail that it would admit."""
    return _strikes("throttled", lambda settings: settings.throttle_ses)


def rejects_ses() -> bool:
    """Whether SES rejects the mail that it would admit."""
    return _strikes("rejected", lambda settings: settings.reject_ses)


def delivers_twice() -> bool:
    """Whether the batch that was just delivered comes again."""
    return _strikes("repeated_batches", lambda settings: settings.deliver_twice)


def _strikes(name: str, share: Callable[[Settings], float]) -> bool:
    """Whether that fault strikes now; counted if it does."""
    with _lock:
        strikes = _settings is not None and _may_strike(name, _settings) and _dice.random() < share(_settings)
        setattr(_struck, name, getattr(_struck, name) + strikes)
    return strikes


def _may_strike(name: str, settings: Settings) -> bool:
    return name not in settings.at_most or getattr(_struck, name) < settings.at_most[name]


def _begin(request: routes.Request) -> routes.Response:
    global _settings, _struck
    for name, value in request.body.items():
        if name not in _FITS or not _FITS[name](value):
            known = ", ".join(one.name for one in fields(Settings))
            return routes.json_response({"message": f"{name}={value!r} can't be ordered; there are {known}."}, 400)
    settings = Settings(**request.body)
    with _lock:
        _settings, _struck = settings, Struck()
        _dice.seed(settings.seed)
    if settings.kill_every_s:
        threading.Thread(target=_kill_while, args=(settings,), name="storm", daemon=True).start()
    return _show(request)


def _end(request: routes.Request) -> routes.Response:
    global _settings
    with _lock:
        _settings = None
    return _show(request)


def _show(_: routes.Request) -> routes.Response:
    with _lock:
        return routes.json_response({"settings": asdict(_settings) if _settings else {}, "struck": asdict(_struck)})


def _kill_while(settings: Settings) -> None:
    """Kill a busy worker at random moments, as long as these settings are in force; at some of them nobody is busy."""
    while _settings is settings:
        with _lock:
            strike_at = time.monotonic() + _dice.expovariate(1 / settings.kill_every_s)
        while _settings is settings and (left_s := strike_at - time.monotonic()) > 0:
            time.sleep(min(left_s, _POLL_S))
        with _lock:
            victims = workers.busy(settings.functions)
            if _settings is settings and victims and _may_strike("kills", settings):
                victim = _dice.choice(victims)
                workers.kill(victim)
                name = victim.config["FunctionName"]
                _struck.kills += 1
                _struck.killed[name] = _struck.killed.get(name, 0) + 1
