"""The embedded AWS's own URLs, beside those that AWS has: the inbox and limits of its SES, and faults to order."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from typing import Any

_PAGE_MAILS = 500
_TIMEOUT_S = 30.0
# Loopback is never reached through a proxy.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def mails(url: str) -> Iterator[dict[str, Any]]:
    """Yield every mail that the SES at `url` accepted, of every account, in the order of acceptance."""
    offset = 0
    while True:
        page = _ask(f"{url}/_ministack/ses/messages?limit={_PAGE_MAILS}&offset={offset}")
        for account in page["messages"].values():
            yield from account
        offset += _PAGE_MAILS
        if offset >= page["total"]:
            return


def kill_after(url: str, *, table: str, new_items: int, function: str) -> None:
    """Have the function's process killed when the table has received that many new items (local/engine/faults)."""
    _ask(f"{url}/_onlyonce/faults", "PUT", {"table": table, "new_items": new_items, "function": function})


def kill_pid_after(url: str, *, table: str, new_items: int, pid: int) -> None:
    """The same for a process that runs no function of the embedded AWS."""
    _ask(f"{url}/_onlyonce/faults", "PUT", {"table": table, "new_items": new_items, "pid": pid})


def kill_all(url: str, functions: Sequence[str]) -> list[int]:
    """Kill all processes of these functions, busy or not; their pids (local/engine/faults/kill_all.py)."""
    return list(_ask(f"{url}/_onlyonce/faults/kill", "POST", {"functions": list(functions)})["killed_pids"])


def disarm(url: str) -> None:
    """Call the ordered kill off, if its moment has not come."""
    _ask(f"{url}/_onlyonce/faults", "DELETE")


def killed_pids(url: str) -> list[int]:
    """The processes that the last ordered kill hit; none, if its moment has not come."""
    return list(ordered(url).get("killed_pids", []))


def ordered(url: str) -> dict[str, Any]:
    """The kill that is ordered, as the engine has it; empty if none is."""
    return dict(_ask(f"{url}/_onlyonce/faults"))


def begin_storm(url: str, **settings: Any) -> None:
    """Have random faults strike, again and again (local/engine/faults/storm.py tells the settings)."""
    _ask(f"{url}/_onlyonce/faults/storm", "PUT", settings)


def storm(url: str) -> dict[str, Any]:
    """The settings of the random faults ("settings", empty where none are ordered), and how often each struck ("struck")."""
    return dict(_ask(f"{url}/_onlyonce/faults/storm"))


def end_storm(url: str) -> None:
    """Call the random faults off."""
    _ask(f"{url}/_onlyonce/faults/storm", "DELETE")


def struck(url: str) -> dict[str, Any]:
    """How often each of the random faults struck."""
    return dict(storm(url)["struck"])


def ses(url: str) -> dict[str, Any]:
    """The settings of SES, those it began with ("at_start"), and its figures (local/engine/mends/ses/admin.py)."""
    return dict(_ask(f"{url}/_onlyonce/ses"))


def set_ses(url: str, **settings: Any) -> None:
    """Change settings of SES; None sets one back to what it was at the start."""
    _ask(f"{url}/_onlyonce/ses", "PUT", settings)


def set_ses_rate(url: str, rate: float) -> None:
    """Have SES accept so many mails a second, as Support would."""
    set_ses(url, rate=rate)


def lift_ses_daily(url: str) -> None:
    """Have SES accept any number of mails a day, as Support would."""
    set_ses(url, daily=-1)


def ses_times(url: str) -> tuple[list[float], list[float]]:
    """When SES accepted each mail, and when it refused each request for its rate: in seconds of the epoch, oldest first."""
    figures = _ask(f"{url}/_onlyonce/ses?accepted_at=1&refused_at=1")
    return sorted(figures["accepted_at"]), sorted(figures["refused_at"].get("throttled", []))


def throttled(url: str) -> int:
    """How many requests SES refused for their rate."""
    return int(ses(url)["refused"].get("throttled", 0))


def metered(url: str) -> dict[str, Any]:
    """What AWS would charge for, counted (local/engine/meter)."""
    return dict(_ask(f"{url}/_onlyonce/meter"))


def reset_meter(url: str) -> None:
    """Have it count anew."""
    _ask(f"{url}/_onlyonce/meter", "DELETE")


def text(page: str) -> str:
    """One of its pages for people, as HTML."""
    with _opener.open(page, timeout=_TIMEOUT_S) as answer:
        return str(answer.read().decode())


def _ask(url: str, method: str = "GET", body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with _opener.open(urllib.request.Request(url, data, method=method), timeout=_TIMEOUT_S) as answer:
        return json.load(answer)


class RenderError(Exception):
    """A template can't be rendered: which part, and in which line (0: Handlebars names none)."""

    def __init__(self, message: str, part: str, line: int) -> None:
        super().__init__(message)
        self.part = part
        self.line = line


def render(url: str, parts: dict[str, str], data: dict[str, Any]) -> dict[str, str]:
    """Handlebars templates by name, rendered as SES renders them. Raises RenderError."""
    try:
        return dict(_ask(f"{url}/_onlyonce/render", "POST", {"parts": parts, "data": data}))
    except urllib.error.HTTPError as error:
        said = json.load(error)
        raise RenderError(said["message"], said["part"], said["line"]) from None
