"""preflight: whether a month may go out."""

import webbrowser

from ops.preflight import telling
from ops.preflight.as_json import as_json as object_of
from ops.preflight.look import look
from ops.preflight.stage import Month
from ops.session import Session
from shared.periods import Period


def preflight(
    session: Session, period: Period, *, result: str, anew: bool, reveal: bool, as_json: bool, in_browser: bool
) -> int:
    """1 if something is wrong or would stop the run. Raises as `look`."""
    found = look(Month.of(session, period), result=result, anew=anew, reveal=reveal, silent=as_json)
    if as_json:
        print(object_of(found, reveal=reveal), file=session.console.file)
    else:
        telling.show(session, found, reveal=reveal)
    if in_browser and found.mails:
        webbrowser.open(found.mails.as_uri())
    return 0 if found.may_go_out else 1
