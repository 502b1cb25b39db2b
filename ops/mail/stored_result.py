"""The rows that a month was produced from: the stored result of its query, as long as S3 keeps it."""

from collections.abc import Iterator
from dataclasses import dataclass

from ops.errors import UnreadableError
from ops.questions import Ask
from ops.result_csv import MalformedResultError, rows
from ops.session import Session
from shared.errors import InvalidRowError
from shared.periods import Period
from shared.producing.run import readable, run_of
from shared.rendering.addresses import usable_email
from shared.rendering.mail_kind import Row

GONE = "the result of its query is gone: S3 keeps it for 14 days, and `onlyonce forget` deletes those of months that are produced"


class NoResultError(Exception):
    """The month has no stored result that can be read; the message says why."""


@dataclass(frozen=True)
class StoredResult:
    """One query's rows. Each look reads the file as a stream, up to where it is done: a million rows are some 100 MB.
    Raises NoResultError where the file is gone or malformed, UnreadableError.
    """

    read: Ask
    bucket: str
    key: str
    ordered: bool
    """By user_id, as the first pass over all rows has found."""

    def rows(self) -> Iterator[Row]:
        return self._read("")

    def row_of(self, user_id: str) -> Row | None:
        """Their row, and of a user who comes twice the first one, which is the one that counts."""
        for row in self._read(user_id):
            found = row.get("user_id") or ""
            if found == user_id:
                return row
            if self.ordered and found > user_id:
                return None
        return None

    def user_of(self, address: str) -> list[str]:
        """Every user with this address, in capitals or not, in the form in which a message has it."""
        wanted = _comparable(address)
        local_part = wanted.rpartition("@")[0]  # a domain outside ASCII stands otherwise in the row
        found = (row for row in self._read(local_part) if _comparable(row.get("email")) == wanted)
        return list(dict.fromkeys(user_id for row in found if (user_id := row.get("user_id"))))

    def _read(self, mentioning: str) -> Iterator[Row]:
        try:
            file = self.read("s3", "get_object", Bucket=self.bucket, Key=self.key)["Body"]
            yield from rows(file, mentioning)
        except UnreadableError as error:
            if error.code == "NoSuchKey":
                raise NoResultError(GONE) from error
            raise
        except MalformedResultError as error:
            raise NoResultError(f"the result of its query can't be read: {error}") from error


def stored_result(session: Session, period: Period) -> StoredResult:
    """That of the query which the period's run has asked last. Raises NoResultError, UnreadableError."""
    record = session.runs.get(period)
    if record is None:
        raise NoResultError(f"{period} has not been produced")
    if not readable(record):
        raise NoResultError(f"the run record of {period} was edited and can't be read")
    run = run_of(period, record)
    if not run.query_id:
        raise NoResultError(f"the query of {period} has not been asked")
    return StoredResult(session.read, *_place(session, run.query_id), ordered=run.phase == "write")


def _place(session: Session, query_id: str) -> tuple[str, str]:
    """Bucket and key of a query's result. Raises NoResultError, UnreadableError."""
    try:
        found = session.read("athena", "get_query_execution", QueryExecutionId=query_id)["QueryExecution"]
    except UnreadableError as error:
        if error.code == "InvalidRequestException":  # Athena knows it no more (source: athena-errors, athena-history)
            raise NoResultError(GONE) from error
        raise
    if (state := found["Status"]["State"]) != "SUCCEEDED":
        raise NoResultError(f"its query is {state}: there is no result")
    bucket, _, key = found["ResultConfiguration"]["OutputLocation"].removeprefix("s3://").partition("/")
    return bucket, key


def _comparable(address: str | None) -> str:
    """As the product writes it; where it can't be used, as it stands."""
    try:
        return usable_email(address).casefold()
    except InvalidRowError:
        return (address or "").strip().casefold()
