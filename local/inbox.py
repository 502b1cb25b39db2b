"""The inbox of the embedded SES on the screen: who got which mail, and what became of it.

    python -m local inbox [PART-OF-AN-ADDRESS] [--headers]

Its page in the browser, /_onlyonce/mail, has the mails themselves. Exit status 2 if no stack is up.
"""

import argparse
import sys
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from local.stack import engine_pages
from local.stack.detached_engine import DetachedEngine
from local.stack.stack import FOLDER

WIDTH_OF_FILES = 120


def show(url: str, part: str, console: Console, *, headers: bool = False) -> int:
    """Every mail to an address with `part` in it, in the order of acceptance; how many they are."""
    table, count = Table(header_style="bold"), 0
    for head in ("accepted (UTC)", "to", "subject", "what became of it", *(["headers"] if headers else [])):
        table.add_column(head, overflow="fold")
    for mail in engine_pages.mails(url):
        if any(part.lower() in to.lower() for to in mail["To"]):
            at = datetime.fromtimestamp(mail["Timestamp"], UTC).strftime("%Y-%m-%d %H:%M:%S")
            added = [_headers(mail)] if headers else []
            table.add_row(at, ", ".join(mail["To"]), mail["Subject"], ", ".join(mail["Became"]), *added)
            count += 1
    if count:
        console.print(table)
    console.print(f"{count:,} mail{'' if count == 1 else 's'}; with text, HTML and headers: {url}/_onlyonce/mail")
    return count


def _headers(mail: dict[str, Any]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in (mail.get("Headers") or {}).items())


def main() -> int:
    """Show it from the command line."""
    parser = argparse.ArgumentParser(prog="python -m local inbox", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("part", nargs="?", default="", metavar="PART", help="only mails to addresses with this in it")
    parser.add_argument("--headers", action="store_true", help="with the headers that the sender added")
    arguments = parser.parse_args()
    url = DetachedEngine(FOLDER, print).url
    if url is None:
        print("no embedded AWS is up here: `make up` or `make demo` starts one", file=sys.stderr)
        return 2
    width = None if sys.stdout.isatty() else WIDTH_OF_FILES
    console = Console(highlight=False, markup=False, emoji=False, width=width)
    show(url, arguments.part, console, headers=arguments.headers)
    return 0
