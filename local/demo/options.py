"""What a demo is asked for, as `make demo` hands it over."""

import argparse
import shlex
from dataclasses import dataclass

from local.faults.parser import rate
from local.stack.stack import port_of
from local.usage.choice import UsageChoiceError

USERS = 100
CRASH_AT = 55


@dataclass(frozen=True)
class Options:
    """`users` of the invented usage data, unless `usage` names a file; `crash_at` 0: the producer is not killed."""

    users: int = USERS
    crash_at: int = CRASH_AT
    usage: str = ""
    period: str = ""
    port: int | None = None
    fresh: bool = False
    ses_rate: float | None = None
    """Mails a second that SES accepts; None: as it is."""
    opens: bool | None = None
    """Whether the console is opened in the browser; None: if somebody sits before it."""

    @property
    def anew(self) -> str:
        """The command that begins the same demo on an empty stack."""
        named = {
            "USERS": self.users if self.users != USERS else "",
            "CRASH_AT": self.crash_at if self.crash_at != CRASH_AT else "",
            "USAGE": shlex.quote(self.usage) if self.usage else "",
            "PERIOD": self.period,
            "PORT": self.port or "",
            "SES_RATE": f"{self.ses_rate:g}" if self.ses_rate else "",
            "OPEN": "" if self.opens is None else int(self.opens),
        }
        given = [f"{name}={value}" for name, value in named.items() if value != ""]
        return " ".join(["make demo FRESH=1", *given])


def read_options(about: str, arguments: list[str] | None = None) -> Options:
    """The options on the command line; "" is what was not given. Raises UsageChoiceError or StackRefusedError."""
    parser = argparse.ArgumentParser(prog="python -m local demo", description=about)
    parser.add_argument("--users", default="", help=f"how many users the invented usage data has; default: {USERS}")
    parser.add_argument(
        "--crash-at", default="", help=f"kill the producer after so many messages, 0: not at all; default: {CRASH_AT}"
    )
    parser.add_argument("--usage", default="", help="a usage file (CSV) of your own, in place of the invented data")
    parser.add_argument("--period", default="", help="YYYY-MM")
    parser.add_argument("--port", default="", help="port of the embedded AWS")
    parser.add_argument("--fresh", default="", help="1: throw away the stack that is up already, with its data")
    parser.add_argument(
        "--ses-rate", default="", help="mails a second that SES accepts; default: as many as at the start"
    )
    parser.add_argument(
        "--open", default="", help="1: open the console in the browser, 0: not; default: on a terminal with a display"
    )
    given = parser.parse_args(arguments)
    if given.usage and given.users:
        raise UsageChoiceError(
            f"USERS={given.users} is for invented usage data, and USAGE={given.usage} brings its own: leave out one of them"
        )
    if given.fresh not in ("", "0", "1"):
        raise UsageChoiceError(
            f"FRESH={given.fresh}: 1 begins with an empty stack; leave it out to keep one that is up"
        )
    if given.open not in ("", "0", "1"):
        raise UsageChoiceError(f"OPEN={given.open}: 1 opens the console in the browser, 0 does not")
    return Options(
        users=_number("USERS", given.users, 1, "a number of users, at least 1") if given.users else USERS,
        crash_at=_number("CRASH_AT", given.crash_at, 0, "a number of messages, 0 for no kill")
        if given.crash_at
        else CRASH_AT,
        usage=given.usage,
        period=given.period,
        port=port_of(given.port),
        fresh=given.fresh == "1",
        ses_rate=_rate(given.ses_rate) if given.ses_rate else None,
        opens=given.open == "1" if given.open else None,
    )


def _rate(text: str) -> float:
    try:
        return rate(text)
    except argparse.ArgumentTypeError as error:
        raise UsageChoiceError(f"SES_RATE={text}: {error}") from error


def _number(name: str, text: str, least: int, wanted: str) -> int:
    if not text.isdecimal() or int(text) < least:
        raise UsageChoiceError(f"{name}={text}: {wanted}")
    return int(text)
