"""The commands' grammar, help and examples."""

import argparse
from collections.abc import Callable
from math import isfinite
from typing import Any

from local.faults import orders
from local.stack import engine_pages

_RUN = "python -m local faults"
_EXAMPLES = f"""\
examples:
  {_RUN}                            what is ordered now, and how often it struck
  {_RUN} rate 14                    SES accepts 14 mails a second
  {_RUN} daily 50                   … and 50 in 24 hours; `daily none`: any number
  {_RUN} lose-answers 0.1           one answer of SES in ten is lost
  {_RUN} reject --times 3           the next three mails are rejected
  {_RUN} throttle 0.05              SES refuses one mail in twenty for the rate
  {_RUN} repeat-batches 0.5         half of the stream's batches come twice
  {_RUN} kill-workers send --every 2
  {_RUN} kill-producer 55           when 55 messages have been put into the outbox
  {_RUN} events hold                until `events flow`; `events late 20`: each 20 s late; `events drop`
  {_RUN} mail bounce 0@             mail to every tenth user bounces; then they are on the suppression list
  {_RUN} mail delay                 all mail comes late; mailboxfull: it bounces for now; complaint: and so on
  {_RUN} account pause              or shutdown; `account healthy` ends both
  {_RUN} calm                       ends everything"""


def parser() -> argparse.ArgumentParser:
    """The commands; each sets `order`."""
    shape = argparse.RawDescriptionHelpFormatter
    about = "Faults for the stack that is up: what real systems do to each other now and then, by order."
    top = argparse.ArgumentParser(prog=_RUN, description=about, epilog=_EXAMPLES, formatter_class=shape)
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("show", help="what is ordered now").set_defaults(order=lambda *_: None)
    commands.add_parser("calm", help="end everything").set_defaults(order=lambda _, url: orders.calm(url))
    for name, kind, does in (
        ("rate", rate, "mails that SES accepts a second"),
        ("daily", _daily, "mails that SES accepts in 24 hours"),
    ):
        one = commands.add_parser(name, help=does)
        one.add_argument("value", type=kind, metavar="NUMBER", help="`none`: no limit" if name == "daily" else does)
        one.set_defaults(order=lambda given, url: engine_pages.set_ses(url, **{given.command: given.value}))
    for name, (_, _, does) in orders.SHARES.items():
        one = commands.add_parser(name, help=does)
        one.add_argument(
            "share", type=_share, nargs="?", default=1.0, metavar="SHARE", help="from 0 to 1; default: all"
        )
        one.add_argument("--times", type=_count, metavar="N", help="strike N times, then no more")
        one.set_defaults(order=orders.share)
    _add_kills(commands)
    events = commands.add_parser("events", help="SES's events are held back, late, or dropped")
    events.add_argument("how", choices=[*orders.EVENTS, "late"])
    events.add_argument("seconds", type=_seconds, nargs="?", metavar="SECONDS", help="with `late`")
    events.set_defaults(order=orders.events, refuse=events.error)
    mail = commands.add_parser("mail", help="what becomes of mail: it bounces, comes late, its reader complains")
    mail.add_argument("what", choices=orders.OUTCOMES)
    mail.add_argument("pattern", nargs="?", default="@", metavar="PATTERN", help="of the address; default: any address")
    mail.set_defaults(order=orders.outcome)
    account = commands.add_parser("account", help="the account pauses, or AWS shuts it down")
    account.add_argument("how", choices=list(orders.ACCOUNT))
    account.set_defaults(order=lambda given, url: engine_pages.set_ses(url, **orders.ACCOUNT[given.how]))
    return top


def _add_kills(commands: Any) -> None:
    workers = commands.add_parser("kill-workers", help="busy worker processes are killed, at random moments")
    workers.add_argument(
        "functions", nargs="*", metavar="FUNCTION", help=f"of {', '.join(orders.FUNCTIONS)}; default: any"
    )
    workers.add_argument("--every", type=_seconds, default=1.0, metavar="SECONDS", help="on average; default: 1")
    workers.add_argument("--times", type=_count, metavar="N", help="strike N times, then no more")
    workers.set_defaults(order=orders.kills, refuse=workers.error)
    producer = commands.add_parser("kill-producer", help="the producer is killed, once, in the middle of its work")
    producer.add_argument("messages", type=_count, metavar="N", help="when N messages have been put into the outbox")
    producer.set_defaults(order=orders.producer_kill)


def _share(text: str) -> float:
    return _number(text, lambda value: 0 <= value <= 1, "a share from 0 to 1")


def rate(text: str) -> float:
    """Mails a second. Raises ArgumentTypeError."""
    return _number(text, lambda value: value > 0, "a number above 0")


def _seconds(text: str) -> float:
    return _number(text, lambda value: value > 0, "a number of seconds above 0")


def _count(text: str) -> int:
    return int(_number(text, lambda value: value >= 1 and value % 1 == 0, "a whole number from 1"))


def _daily(text: str) -> int:
    return -1 if text == "none" else int(_number(text, lambda v: v >= 0 and v % 1 == 0, "a whole number, or none"))


def _number(text: str, fits: Callable[[float], bool], wanted: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not (isfinite(value) and fits(value)):
        raise argparse.ArgumentTypeError(f"{text!r} is not {wanted}")
    return value
