"""Shows the mail of your own rows, without a deployment: query, mapping and templates are taken as they are now.

    python -m local preview [--usage my.csv] [--period 2026-10] [--user ann] [--open]

Writes pages into .local/preview. Exit status 1 if something must be corrected first: the error names the file and the place.
"""

import argparse
import sys
import time
import webbrowser
from pathlib import Path
from tempfile import TemporaryDirectory

from local.preview import mails, pages, rows
from local.preview.places import Places, PreviewError
from local.stack.detached_engine import shown
from local.stack.embedded_aws import PYTHON, EmbeddedAws, EngineStartError
from local.stack.stack import FOLDER
from local.stack.stage_settings import mail_files
from local.usage.bucket import EventsTableError
from local.usage.choice import UsageChoice, UsageChoiceError, choose
from mail import kind_of
from shared.errors import UnknownMailKindError
from shared.rendering.mail_kind import MailFiles, MailKind

USERS = 60
"""Of the invented usage, where no file is given."""


def preview(kind: MailKind, choice: UsageChoice, user: str, folder: Path) -> list[Path]:
    """Write the pages and return their paths. Raises PreviewError, EngineStartError."""
    with TemporaryDirectory(prefix="onlyonce-preview-") as scratch:
        aws = EmbeddedAws(log=Path(scratch) / "engine.log")
        try:
            found = mails.drawn(rows.rows(aws, kind, choice), kind, choice.period)
            shown_ones = mails.rendered(aws.url, kind.files, mails.chosen(found, user), found)
        finally:
            aws.stop()
    return pages.write(folder, shown_ones, found, choice.said)


def _kind(files: MailFiles) -> MailKind:
    """The kind whose files these are. Raises PreviewError that names the place in the mapping."""
    try:
        return kind_of(files.name)
    except Exception as error:
        raise Places(files).in_mapping(error) from error


def main() -> int:
    """Show it from the command line."""
    parser = argparse.ArgumentParser(prog="python -m local preview", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--usage", default="", help="a usage file (CSV) of your own")
    parser.add_argument("--period", default="", help="YYYY-MM")
    parser.add_argument("--user", default="", help="only this user's mail")
    parser.add_argument("--open", action="store_true", help="in the browser")
    given = parser.parse_args()
    started_at = time.monotonic()
    if not PYTHON.exists():
        print(f"{shown(PYTHON)} is missing; `make preview` makes it", file=sys.stderr)
        return 1
    try:
        choice = choose(given.usage, given.period, USERS, FOLDER / "preview.csv")
        paths = preview(_kind(mail_files()), choice, given.user, FOLDER / "preview")
    except (UsageChoiceError, PreviewError, EngineStartError, EventsTableError, UnknownMailKindError) as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(map(shown, paths)))
    print(f"{time.monotonic() - started_at:.1f} s; open the first in a browser")
    if given.open:
        webbrowser.open(paths[0].resolve().as_uri())
    return 0
