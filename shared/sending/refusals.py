"""What an answer of SES means: a table from its error codes and texts to our errors.

The codes are SendEmail's own (source: ses-errors). Refusals for the second and for the day share one code and differ only
in their text (source: ses-refusal-texts). The rule of thumb: 4xx is a refusal, so nothing was sent; 5xx and silence are
uncertain.
"""

from shared.errors import (
    CampaignPausedError,
    DailyQuotaError,
    OnlyonceError,
    SendRejectedError,
    SendThrottledError,
    SendUncertainError,
    UnfitProcessError,
)

THROTTLING_CODES = frozenset(
    {"TooManyRequestsException", "LimitExceededException", "Throttling", "ThrottlingException", "TooManyRequests"}
)
DAILY_TEXT = "daily message quota exceeded"
ACCOUNT_CODES = frozenset(
    {
        "AccountSuspendedException",
        "SendingPausedException",
        "MailFromDomainNotVerifiedException",
        "NotFoundException",
        "AccessDeniedException",
        "AccessDenied",
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "IncompleteSignature",
        "MissingAuthenticationToken",
        "OptInRequired",
        "SubscriptionRequiredException",
    }
)
"""Refusals that every other message would meet as well."""
UNFIT_CODES = frozenset(
    {
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "RequestExpired",
        "RequestTimeTooSkewed",
        "ExpiredTokenException",
        "ExpiredToken",
    }
)
"""Refusals of one process's clock, or of credentials that it has kept for too long: any other may well be taken
(source: ses-common-errors).
"""
UNVERIFIED_TEXT = "is not verified"


def refusal(code: str, text: str, http_status: int, told: str | None = None) -> OnlyonceError:
    """The error that stands for this answer; `told` are its words where they are not to be those of SES."""
    said = f"SES said {http_status} {code}: {text if told is None else told}"
    if http_status >= 500:
        return SendUncertainError(said)
    if code in THROTTLING_CODES:
        return DailyQuotaError(said) if DAILY_TEXT in text.lower() else SendThrottledError(said)
    if code in UNFIT_CODES:
        return UnfitProcessError(said)
    if code in ACCOUNT_CODES or (code == "MessageRejected" and UNVERIFIED_TEXT in text.lower()):
        return CampaignPausedError(said)
    if 400 <= http_status < 500:
        return SendRejectedError(said)
    return SendUncertainError(said)
