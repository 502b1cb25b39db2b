"""report: the page of a month, or its figures."""

import json
import webbrowser
from pathlib import Path

from ops.errors import RefusedError
from ops.month.look import look
from ops.report.facts import Facts
from ops.report.figures import figures
from ops.report.gather import facts_of
from ops.report.page import page
from ops.report.words import headline, sentences
from ops.session import Session
from shared.periods import Period

FOLDER = Path(".local")


def report(session: Session, period: Period, *, output: str | None, opens: bool, as_json: bool) -> int:
    """Raises RefusedError for a month that never was, and where the page can't be written."""
    facts = facts_of(session, period, look)
    if as_json:
        session.say(json.dumps(figures(facts), indent=2))
        return 0
    path = Path(output) if output else FOLDER / f"report-{session.stage.name}-{period}.html"
    _write(path, page(facts))
    _tell(session, facts)
    session.say(f"written to {path}")
    if opens and not webbrowser.open(path.resolve().as_uri()):
        session.say("No browser could be opened: open it yourself")
    return 0


def _write(path: Path, html: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(html, encoding="utf-8")
    except OSError as error:
        raise RefusedError(f"{path} can't be written: {error.strerror}. --output names another file") from error


def _tell(session: Session, facts: Facts) -> None:
    for line in (headline(facts), *sentences(facts)):
        session.say(line)
