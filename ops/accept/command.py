"""accept: asks first, shows how far it is, and tells what came of it."""

import json
import signal
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ops.accept import report
from ops.accept.assembly import assemble
from ops.accept.cohort import Cohort
from ops.accept.run import Acceptance, refuse_unless_idle
from ops.bill.entries import of_messages
from ops.bill.units import Sending
from ops.session import Session

FOLDER = Path(".local")
PACE = Sending(rate=1, daily=None, batch=1)
"""As slow and as dear as a mail may be."""


def accept(session: Session, stage: str, *, as_json: bool, agreed: bool, patience: timedelta) -> int:
    """Exit status 0 only if every check passed. `patience` is for the last events. Raises RefusedError when nothing was
    done.
    """
    session.check_table()
    refuse_unless_idle(session)
    if not agreed:
        session.say(_announced(session.name))
        session.agree(f"Type the stage's name ({stage}) to go on: ", stage)
    signal.signal(signal.SIGTERM, _interrupt)
    rig, cohort = assemble(session), Cohort.new()
    with _bar(shown=not as_json and session.console.is_terminal) as progress:
        task = progress.add_task("mails with their last event", total=len(cohort))
        outcome = Acceptance(
            session, rig, lambda done: progress.update(task, completed=done), patience=patience, cohort=cohort
        ).carry_out()
    written = report.write(FOLDER, stage, session.name, outcome)
    if as_json:
        print(json.dumps(report.to_json(session.name, outcome)))
    else:
        report.show(session.name, outcome, session.console)
        session.say(f"{', '.join(str(path) for path in written)}")
    return 1 if outcome.failed else 0


def _announced(name: str) -> str:
    mails = len(Cohort(""))
    dollars = sum(item.dollars for item in of_messages(mails, PACE))
    return (
        f"This sends {mails} mails from {name} to SES's mailbox simulator, for about ${dollars:.2f}, "
        "pauses the campaign for some seconds, and takes away what it made, but for the mail's template in SES."
    )


def _interrupt(*_: Any) -> None:
    """A run that is terminated cleans up as one that is interrupted."""
    raise KeyboardInterrupt


def _bar(*, shown: bool) -> Progress:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    return Progress(*columns, disable=not shown, transient=True)
