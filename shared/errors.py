"""Every error of the project. Step Functions matches bare class names and knows no inheritance, so only leaves are
raised.
"""

from collections.abc import Collection
from typing import Any


class OnlyonceError(Exception):
    """An error of this project; its message defaults to the first line of its docstring."""

    def __str__(self) -> str:
        return super().__str__() or (type(self).__doc__ or "").strip().splitlines()[0]


class RetryableError(OnlyonceError):
    """Base: nothing irreversible happened, the same call may be made again. Never raised itself."""


class PermanentError(OnlyonceError):
    """Base: making the same call again would end the same way. Never raised itself."""


# --- what became of one ask of SES -----------------------------------------------------------------------------------
class SendThrottledError(RetryableError):
    """SES refused for its per-second rate: definitely not sent, try again later."""


class SendUnavailableError(RetryableError):
    """SES could not be reached before the request was written: definitely not sent, try again later."""


class UnfitProcessError(RetryableError):
    """AWS refused this process's clock or credentials: definitely not sent, another process tries again."""


class DailyQuotaError(RetryableError):
    """SES refused for the 24-hour quota: definitely not sent, the message waits for another day."""


class CampaignPausedError(RetryableError):
    """SES refuses the whole account or campaign: definitely not sent, the campaign pauses itself."""


class SendRejectedError(PermanentError):
    """SES refused this one message: definitely not sent and never will be."""


class RenderError(PermanentError):
    """The message lacks a variable its template needs: SES was not asked."""


class SendUncertainError(OnlyonceError):
    """SES may have accepted the mail and its answer was lost: never ask again, wait for evidence."""


class SlotVoidError(RetryableError):
    """The slot is still far, because the timetable has moved since it was planned: wait for it again."""


class NoRoomError(RetryableError):
    """The mail came too late for its slot, and no other is near: the message waits for another one."""


# --- working on the outbox -------------------------------------------------------------------------------------------
class LeaseLostError(OnlyonceError):
    """Another worker moved this message on: expected, and the reason why nothing is done twice.

    `found` is the item that stood in the way (None: there is no such message).
    """

    def __init__(self, transition: str, key: tuple[str, str], found: dict[str, Any] | None) -> None:
        state = f"{found.get('status')} with fence {found.get('fence')}" if found else "absent"
        super().__init__(f"{transition} lost: the message {'/'.join(key)} is {state}")
        self.transition = transition
        self.found = found


class StoreUnavailableError(RetryableError):
    """DynamoDB did not answer, even after the SDK's own retries: the handler may be run again.

    `unfit`: it refused this process's clock or credentials, and may accept another process.
    """

    def __init__(self, text: str = "", *, unfit: bool = False) -> None:
        super().__init__(text)
        self.unfit = unfit


class ExecutionStartError(RetryableError):
    """Step Functions refused to start an execution: the record is handed back to the stream."""


class OutOfTimeError(RetryableError):
    """Too little of the function's time is left to ask SES safely: run again to go on."""


class UnaccountedError(PermanentError):
    """A message that was produced is not in the outbox, or an item of the outbox is no message."""


class InvalidMessageError(PermanentError):
    """An outbox item, a stream record or an execution's input is malformed.

    `attribute` is the one at fault; "" where no single one is.
    """

    def __init__(self, text: str = "", *, attribute: str = "") -> None:
        super().__init__(text)
        self.attribute = attribute


class NewerFormatError(PermanentError):
    """A message or a claim is in a format of a later release: it is left as it is, for that release."""

    def __init__(self, version: int, known: int) -> None:
        super().__init__(f"a later release made it, in format {version}; this one knows the formats up to {known}")
        self.version = version


class ForeignTableError(PermanentError):
    """The outbox is another table than this stack has worked with: nothing is moved until `onlyonce reconcile`."""

    def __init__(self, present: str, pinned: str | None) -> None:
        known = f"this stack has worked with {pinned}" if pinned else "this stack has worked with none that it knows of"
        super().__init__(
            f"the outbox is the table {present}, and {known}: a restored or copied one. Nothing is moved until "
            "`onlyonce reconcile`"
        )
        self.present = present
        self.pinned = pinned


# --- a function that can't begin --------------------------------------------------------------------------------------
class MissingSettingError(PermanentError):
    """An environment variable is missing or can't be read."""


class UnknownMailKindError(PermanentError):
    """The stage's mailKind names no folder of mail/, or one whose variables.py declares no KIND."""


# --- producing a month -----------------------------------------------------------------------------------------------
class InvalidPeriodError(PermanentError):
    """A period is written YYYY-MM, for example 2026-10."""


class InvalidEventError(PermanentError):
    """The event that started the producer is malformed: nothing was done."""


class UnfitResultError(PermanentError):
    """A stored result can't be taken for the run: nothing was done."""


class InvalidRowError(PermanentError):
    """A row of the usage query can't become a message; it is rejected and the rest goes out.

    `InvalidRowError("email", "is missing")` reads "email is missing"; `column` is the column at fault.
    """

    def __init__(self, column: str, fault: str) -> None:
        super().__init__(f"{column} {fault}")
        self.column = column


class UsageQueryError(PermanentError):
    """Athena has no result for the usage query and never will have: it refused the query, or the result is gone."""


class QueryParameterError(PermanentError):
    """The usage query names an unknown parameter, or doubles a percent sign."""


class QueryCancelledError(PermanentError):
    """The usage query was cancelled, by somebody or for what it reads: it is not asked again until somebody says so."""


class AthenaUnavailableError(RetryableError):
    """Athena did not answer, even after the SDK's own retries: the same query may be asked for again."""


class MissingColumnError(PermanentError):
    """The usage query does not give a column that the mail needs: `columns` has all that are missing, in order."""

    def __init__(self, query: str, missing: Collection[str], given: Collection[str]) -> None:
        self.columns = sorted(missing)
        super().__init__(f"{query} gives no column {', '.join(self.columns)}; it gives {', '.join(sorted(given))}")


class NoTemplateError(PermanentError):
    """SES refuses the template that the mails are made of."""


class FunctionStartError(RetryableError):
    """Lambda refused to start a function."""


class InvalidRunError(PermanentError):
    """A run record was edited and can't be read: somebody must mend it before the period goes on."""


class RunTakenOverError(OnlyonceError):
    """A later invocation of the producer took this run over: this one stops."""
