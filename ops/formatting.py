"""How the commands put addresses, times and names: nothing personal without need, nothing that moves the cursor."""

import re
import shlex
from datetime import datetime, timedelta

from shared.keys import Key
from shared.times import to_text

_ADDRESS = re.compile(r"""([^\s@<>"'(),;:])[^\s@<>"'(),;:]*@([^\s@<>"'(),;]+)""")


_JOINERS = "\u200c\u200d"
_BETWEEN = re.compile(r"(?<=[^\x00-\x7f\u200c\u200d])[\u200c\u200d](?=[^\x00-\x7f\u200c\u200d])")
"""A joiner where it joins: it moves no cursor, and 👩‍💻 is two people without it. Elsewhere it could not be seen."""


def plain(text: object, *, reveal: bool = False) -> str:
    """One line that a terminal shows as it is: SES's words and edited items may hold anything. Addresses are masked."""
    line = "".join(char if char.isprintable() or char in _JOINERS else "?" for char in str(text))
    return line if reveal else _ADDRESS.sub(r"\1***@\2", line)


def masked(address: object) -> str:
    """An address without whose it is; what is no address says nothing at all."""
    if isinstance(address, str) and (found := _ADDRESS.fullmatch(address)):
        return f"{plain(found[1])}***@{plain(found[2])}"
    return "***" if address != "" else ""


def when(at: object) -> str:
    """An instant for people, to the second; whatever else stands in its place as it is."""
    text = to_text(at) if isinstance(at, datetime) else plain(at)
    return re.sub(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)\.\d{3}Z$", r"\1 \2 UTC", text)


def named(key: Key) -> str:
    """The message as one types it in a command."""
    typed = shlex.quote(key.user_id) if _is_shown(key.user_id) else _escaped(key.user_id)
    return f"{typed} {plain(key.period)}"


def person(user_id: str) -> str:
    """The user's id; where a terminal would not show each character, as one types it in a command."""
    return user_id if _is_shown(user_id) else _escaped(user_id)


def _escaped(text: str) -> str:
    """For bash and zsh, with the number of each character that a terminal does not show."""
    quoted = re.sub(r"([\\'])", r"\\\1", text)
    shown = (char if char.isprintable() else f"\\U{ord(char):08x}" for char in quoted)
    return f"$'{''.join(shown)}'"


def _is_shown(text: str) -> bool:
    return _BETWEEN.sub("", text).isprintable()


def counted(number: int, noun: str = "message") -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def minutes(duration: timedelta) -> str:
    return counted(duration // timedelta(minutes=1), "minute")


def lasted(duration: timedelta) -> str:
    """A duration, as exactly as it matters."""
    seconds = duration.total_seconds()
    if seconds < 60:
        return f"{seconds:.3f} s" if seconds < 10 else f"{seconds:.0f} s"
    whole = int(seconds) // 60
    if whole < 60:
        return f"{whole} min {int(seconds) % 60} s"
    if whole < 24 * 60:
        return f"{whole // 60} h {whole % 60} min"
    return f"{counted(whole // (24 * 60), 'day')} {whole // 60 % 24} h"
