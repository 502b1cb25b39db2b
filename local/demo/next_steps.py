"""What to do about a month that the producer has stopped, or could not produce: in words for the screen."""

from collections.abc import Iterator, Mapping

from local.month.month import ProducerError, StoppedError
from local.stack.stage_settings import mail_files
from shared.producing.checks import LOOKED_AT_AGAIN, NEVER_ACCEPTED
from shared.rendering.mail_kind import MailFiles

_LISTED = 3
_ONLYONCE = "source .local/env && .venv/bin/onlyonce"


def about(error: StoppedError | ProducerError, again: str) -> Iterator[str]:
    """What is wrong, where it is mended, and how to go on. `again` is the command that begins anew."""
    yield from _stop(error, again) if isinstance(error, StoppedError) else _failure(error, again)


def _stop(error: StoppedError, again: str) -> Iterator[str]:
    written, who = ("before its first message", "nobody")
    if error.produced:
        written, who = (f"with {error.produced:,} messages produced", "nobody else")
    yield f"✗ the producer has stopped {error.period} {written}: {who} gets a mail of it until this is settled"
    where = _where(mail_files())
    for word, reason in error.findings.items():
        yield ""
        yield f"  {word}: {reason}"
        if word in where:
            yield f"  {' ' * len(word)}  to mend in {where[word]}"
        if word == "rejected":
            yield from _rows(error)
    yield ""
    yield from _mend(again, f"{_ONLYONCE} produce {error.period} {_anew(error.findings)}")
    if NEVER_ACCEPTED & set(error.findings):
        never = ", ".join(sorted(NEVER_ACCEPTED & set(error.findings)))
        yield f"  Accept it   can't be: {never} is only mended"
    else:
        accepted = " ".join(f"--accept {word}" for word in error.findings)
        yield f"  Accept it   {_ONLYONCE} produce {error.period} {accepted}"
    yield "  Stop        make down"


def _failure(error: ProducerError, again: str) -> Iterator[str]:
    yield f"✗ {error}"
    place = mail_files().query if error.error_type == "UsageQueryError" else error.place
    if place:
        yield f"  to mend in {place}"
    yield ""
    yield from _mend(again, f"{_ONLYONCE} produce {error.period}")
    yield "  Its log     .local/engine.log"
    yield "  Stop        make down"


def _rows(error: StoppedError) -> Iterator[str]:
    for row in error.rejected[:_LISTED]:
        yield f"            row {row['row']:,}, user {row['user_id']!r}: {row['reason']}"
    yield f"            all of them under {error.rejected_rows}"


def _mend(again: str, on_this_stack: str) -> Iterator[str]:
    yield f"  Mend it     and begin anew: {again}"
    yield f"              or keep this stack: make up && {on_this_stack}"


def _anew(findings: Mapping[str, str]) -> str:
    return "--recheck" if set(findings) <= LOOKED_AT_AGAIN else "--again"


def _where(files: MailFiles) -> dict[str, str]:
    """Where each finding is mended, if in a file."""
    query, mapping = files.query, f"{files.mapping}, which makes the mail's variables of a row"
    return {
        "columns": f"{query}, or COLUMNS in {mapping}",
        "parameter": query,
        "unordered": query,
        "twice": f"{query}: one row a user",
        "rejected": f"{query}, or {mapping}, or the data",
        "empty": f"the data, or {query}",
        "fewer": f"the data, or {query}",
        "more": f"the data, or {query}",
        "template": f"{files.folder}, or {mapping}",
        "no_template": ", ".join(files.templates.values()),
    }
