"""What SES answers when it does not accept a message, as each API version spells it.

Sources: botocore models sesv2 2019-09-27 and ses 2010-12-01 (error codes, HTTP statuses, BulkEmailStatus).
"""

from enum import Enum
from typing import Any

from ministack.services import ses, ses_v2


class Reason(Enum):
    """Why, as (v2 code, v2 HTTP status, v1 code, v2 bulk status, v1 bulk status); v1's HTTP status is 400."""

    THROTTLED = ("TooManyRequestsException", 429, "Throttling", "ACCOUNT_THROTTLED", "AccountThrottled")
    DAILY_QUOTA = (
        "TooManyRequestsException",
        429,
        "Throttling",
        "ACCOUNT_DAILY_QUOTA_EXCEEDED",
        "AccountDailyQuotaExceeded",
    )
    SUSPENDED = ("AccountSuspendedException", 400, "MessageRejected", "ACCOUNT_SUSPENDED", "AccountSuspended")
    PAUSED = (
        "SendingPausedException",
        400,
        "AccountSendingPausedException",
        "ACCOUNT_SENDING_PAUSED",
        "AccountSendingPaused",
    )
    SET_PAUSED = (
        "SendingPausedException",
        400,
        "ConfigurationSetSendingPausedException",
        "CONFIGURATION_SET_SENDING_PAUSED",
        "ConfigurationSetSendingPaused",
    )
    REJECTED = ("MessageRejected", 400, "MessageRejected", "MESSAGE_REJECTED", "MessageRejected")
    INVALID = (
        "BadRequestException",
        400,
        "InvalidParameterValue",
        "INVALID_PARAMETER",
        "InvalidParameterValue",
    )
    NO_TEMPLATE = (
        "NotFoundException",
        404,
        "TemplateDoesNotExist",
        "TEMPLATE_NOT_FOUND",
        "TemplateDoesNotExist",
    )
    BAD_TEMPLATE = (
        "BadRequestException",
        400,
        "InvalidTemplate",
        "INVALID_PARAMETER",
        "InvalidParameterValue",
    )
    NOT_FOUND = ("NotFoundException", 404, "InvalidParameterValue", "INVALID_PARAMETER", "InvalidParameterValue")
    """A contact or its list; v1 knows neither."""
    ALREADY_EXISTS = (
        "AlreadyExistsException",
        400,
        "InvalidParameterValue",
        "INVALID_PARAMETER",
        "InvalidParameterValue",
    )
    NO_CONFIGURATION_SET = (
        "NotFoundException",
        404,
        "ConfigurationSetDoesNotExist",
        "CONFIGURATION_SET_NOT_FOUND",
        "ConfigurationSetDoesNotExist",
    )


class RefusedError(Exception):
    """SES did not accept the message: nothing was sent and nothing was counted."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason

    def v2_response(self) -> Any:
        """The REST-JSON answer of the v2 API."""
        code, status, *_ = self.reason.value
        return ses_v2._json_err(code, str(self), status)

    def v1_response(self) -> Any:
        """The Query answer of the v1 API."""
        return ses._error(self.reason.value[2], str(self), 400)

    def v2_bulk_entry(self) -> dict[str, str]:
        """The BulkEmailEntryResult of a destination that was refused."""
        return {"Status": self.reason.value[3], "Error": str(self)}

    def v1_bulk_entry(self) -> str:
        """The same in v1's XML."""
        return f"<member><Status>{self.reason.value[4]}</Status><Error>{ses._esc(str(self))}</Error></member>"
