"""How the commands put addresses, times and names: nothing personal without need, nothing that moves the cursor."""

import re
import shlex
from datetime import datetime

from shared.keys import Key
from shared.times import to_text

_ADDRESS = re.compile(r"""([^\s@<>"'(),;:])[^\s@<>"'(),;:]*@([^\s@<>"'(),;]+)""")


def plain(text: object, *, reveal: bool = False) -> str:
    """One line that a terminal shows as it is: SES's words and edited items may hold anything. Addresses are masked."""
    line = "".join(char if char.isprintable() else "?" for char in str(text))
    return line if reveal else _ADDRESS.sub(r"\1***@\2", line)


def when(at: object) -> str:
    """An instant for people, to the second; whatever else stands in its place as it is."""
    text = to_text(at) if isinstance(at, datetime) else plain(at)
    return re.sub(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)\.\d{3}Z$", r"\1 \2 UTC", text)


def named(key: Key) -> str:
    """The message as one types it in a command."""
    return f"{shlex.quote(plain(key.user_id, reveal=True))} {plain(key.period)}"


def counted(number: int, noun: str = "message") -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
