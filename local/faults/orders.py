"""Carrying orders out on the embedded AWS at a URL. What is random joins what is ordered already."""

import argparse
from typing import Any

from local.stack import engine_pages
from local.stack.deployment import STACK, Deployment

FUNCTIONS = ("producer", "claim", "send", "sweeper", "feedback")
SHARES = {
    "lose-answers": ("drop_ses_answers", "dropped_answers", "SES accepts, and its answer is lost"),
    "throttle": ("throttle_ses", "throttled", "SES refuses for the rate"),
    "reject": ("reject_ses", "rejected", "SES rejects for good"),
    "repeat-batches": ("deliver_twice", "repeated_batches", "a stream batch comes twice"),
}
"""From the command to the setting, the figure that counts it, and what it does."""
EVENTS: dict[str, dict[str, Any]] = {
    "hold": {"events_held": True},
    "drop": {"events": False},
    "flow": {"events": None, "events_held": None, "event_delay_s": None},
}
OUTCOMES = ("bounce", "mailboxfull", "complaint", "delay", "suppressionlist", "delivered")
"""What can be ordered to become of mail."""
ACCOUNT: dict[str, dict[str, Any]] = {
    "pause": {"sending_enabled": False},
    "shutdown": {"enforcement": "SHUTDOWN"},
    "healthy": {"sending_enabled": None, "enforcement": None},
}


def calm(url: str) -> None:
    """End every fault; SES has the limits again that it began with."""
    engine_pages.end_storm(url)
    engine_pages.disarm(url)
    engine_pages.set_ses(url, **dict.fromkeys(engine_pages.ses(url)["at_start"]))


def order_random(url: str, limit: tuple[str, int | None] | None = None, **settings: Any) -> None:
    """Order random faults beside those that are ordered already; `limit`: how often the named figure may grow."""
    ordered = engine_pages.storm(url)["settings"]
    at_most = dict(ordered.pop("at_most", {}))
    if limit:
        name, times = limit
        at_most.pop(name, None)
        at_most |= {} if times is None else {name: times}
    engine_pages.begin_storm(url, **{**ordered, **settings, "at_most": at_most})


def share(given: argparse.Namespace, url: str) -> None:
    """One of SHARES."""
    setting, figure, _ = SHARES[given.command]
    order_random(url, (figure, given.times), **{setting: given.share})


def kills(given: argparse.Namespace, url: str) -> None:
    """Random kills of busy workers."""
    if unknown := sorted(set(given.functions) - set(FUNCTIONS)):
        given.refuse(f"{', '.join(unknown)}: there is no such function; there are {', '.join(FUNCTIONS)}")
    names = [f"{STACK}-{name}" for name in given.functions]
    order_random(url, ("kills", given.times), kill_every_s=given.every, functions=names)


def producer_kill(given: argparse.Namespace, url: str) -> None:
    """One kill of the producer. Needs the product on it."""
    outputs = Deployment(url).outputs()
    function, table = outputs["ProducerFunctionName"], outputs["OutboxTableName"]
    engine_pages.kill_after(url, table=table, new_items=given.messages, function=function)


def events(given: argparse.Namespace, url: str) -> None:
    """What becomes of SES's events."""
    if (given.how == "late") != (given.seconds is not None):
        given.refuse("`events late SECONDS` says how late; the others take no number")
    engine_pages.set_ses(url, **EVENTS.get(given.how, {"event_delay_s": given.seconds}))


def outcome(given: argparse.Namespace, url: str) -> None:
    """What becomes of mail to some addresses, before what was ordered already."""
    rule = {"to": given.pattern, "outcome": given.what}
    engine_pages.set_ses(url, outcomes=[rule, *engine_pages.ses(url)["outcomes"]])
