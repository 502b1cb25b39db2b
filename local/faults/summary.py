"""What is ordered on the embedded AWS now, in words."""

from collections.abc import Iterator, Mapping
from typing import Any

from local.stack.deployment import STACK

_SES = {
    "rate": "SES accepts {now:g} mails a second (at the start: {start:g})",
    "daily": "SES accepts {now:,} mails in 24 hours (at the start: {start:,})",
    "others": "somebody else uses {now:.0%} of the rate",
    "sending_enabled": "the account's sending is paused",
    "enforcement": "the account is in {now}",
    "events": "SES's events are dropped",
    "events_held": "SES's events are held back, until `events flow`",
    "event_delay_s": "SES's events come {now:g} s late",
}
_SHARES = {
    "drop_ses_answers": ("of the answers of SES are lost after it accepted", "dropped_answers"),
    "throttle_ses": ("of the mails SES refuses for the rate", "throttled"),
    "reject_ses": ("of the mails SES rejects for good", "rejected"),
    "deliver_twice": ("of the stream's batches come twice", "repeated_batches"),
}
CALM = "nothing is ordered: all is calm"


def in_words(ses: Mapping[str, Any], storm: Mapping[str, Any], kill: Mapping[str, Any]) -> list[str]:
    """A line for each order, and how often it struck since the last one."""
    orders = [*_of_ses(ses), *_random(storm.get("settings") or {}, storm["struck"]), *_staged(kill)]
    return [f"• {order}" for order in orders] or [CALM]


def _of_ses(ses: Mapping[str, Any]) -> Iterator[str]:
    for rule in ses["outcomes"]:
        yield f"mail to addresses with {rule['to']!r} in them: {rule['outcome']}"
    for name, words in _SES.items():
        now, start = ses[name], ses["at_start"][name]
        if name == "daily" and now == -1 != start:
            yield "SES accepts any number of mails in 24 hours"
        elif now != start:
            yield words.format(now=now, start=start)


def _random(settings: Mapping[str, Any], struck: Mapping[str, Any]) -> Iterator[str]:
    at_most = settings.get("at_most", {})
    for name, (words, figure) in _SHARES.items():
        if share := settings.get(name):
            yield f"{share:.0%} {words}{_so_far(figure, struck, at_most)}"
    if every_s := settings.get("kill_every_s"):
        whose = ", ".join(name.removeprefix(f"{STACK}-") for name in settings["functions"]) or "any function"
        yield f"a busy process of {whose} is killed every {every_s:g} s{_so_far('kills', struck, at_most)}"


def _so_far(figure: str, struck: Mapping[str, Any], at_most: Mapping[str, int]) -> str:
    limit = f" of at most {at_most[figure]:,}" if figure in at_most else ""
    return f"; so far {struck[figure]:,}{limit}"


def _staged(kill: Mapping[str, Any]) -> Iterator[str]:
    if kill:
        hit = f"killed: pid {', '.join(map(str, kill['killed_pids']))}" if kill["killed_pids"] else "still to come"
        name = kill["function"].removeprefix(f"{STACK}-")
        yield f"{name} is killed after {kill['new_items']:,} new items ({kill['counted']:,} so far; {hit})"
