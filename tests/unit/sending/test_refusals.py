"""What each answer of SES means: the difference between sending again, waiting, and never asking again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import (
    CampaignPausedError,
    DailyQuotaError,
    OnlyonceError,
    SendRejectedError,
    SendThrottledError,
    SendUncertainError,
    UnfitProcessError,
)
from shared.sending.refusals import ACCOUNT_CODES, THROTTLING_CODES, UNFIT_CODES, refusal

RATE, DAY = "Maximum sending rate exceeded.", "Daily message quota exceeded."


@pytest.mark.parametrize(
    ("code", "text", "status", "error"),
    [
        ("TooManyRequestsException", RATE, 429, SendThrottledError),
        ("TooManyRequestsException", DAY, 429, DailyQuotaError),
        ("TooManyRequestsException", DAY.upper(), 429, DailyQuotaError),
        ("TooManyRequestsException", "", 429, SendThrottledError),
        ("Throttling", RATE, 400, SendThrottledError),
        ("Throttling", DAY, 400, DailyQuotaError),
        ("ThrottlingException", "Rate exceeded", 400, SendThrottledError),
        ("LimitExceededException", RATE, 400, SendThrottledError),
        ("LimitExceededException", DAY, 400, DailyQuotaError),
        ("AccountSuspendedException", "suspended", 400, CampaignPausedError),
        ("SendingPausedException", "paused", 400, CampaignPausedError),
        ("MailFromDomainNotVerifiedException", "", 400, CampaignPausedError),
        ("NotFoundException", "Template usage-1 does not exist", 404, CampaignPausedError),
        ("NotFoundException", "Configuration set does not exist", 404, CampaignPausedError),
        ("AccessDeniedException", "not authorized to perform ses:SendEmail", 403, CampaignPausedError),
        ("UnrecognizedClientException", "The security token is invalid.", 403, CampaignPausedError),
        ("InvalidClientTokenId", "The security token is invalid.", 403, CampaignPausedError),
        (
            "InvalidSignatureException",
            "Signature expired: 20261101T055000Z is now earlier than …",
            403,
            UnfitProcessError,
        ),
        ("SignatureDoesNotMatch", "Signature not yet current", 403, UnfitProcessError),
        ("RequestExpired", "Request has expired.", 400, UnfitProcessError),
        ("RequestTimeTooSkewed", "", 403, UnfitProcessError),
        ("ExpiredTokenException", "The security token is expired", 403, UnfitProcessError),
        ("ExpiredToken", "The security token is expired", 403, UnfitProcessError),
        ("InvalidSignatureException", "", 503, SendUncertainError),
        ("MessageRejected", "Email address is not verified. …", 400, CampaignPausedError),
        ("MessageRejected", "Message contains a virus.", 400, SendRejectedError),
        ("MessageRejected", "", 400, SendRejectedError),
        ("BadRequestException", "Missing final '@domain'", 400, SendRejectedError),
        ("InternalFailure", "", 500, SendUncertainError),
        ("ServiceUnavailable", "", 503, SendUncertainError),
        ("TooManyRequestsException", RATE, 500, SendUncertainError),
        ("SendingPausedException", "", 502, SendUncertainError),
        ("", "", 0, SendUncertainError),
        ("Unknown", "", 200, SendUncertainError),
        ("Unknown", "moved", 301, SendUncertainError),
    ],
)
def test_an_answer(code: str, text: str, status: int, error: type[OnlyonceError]) -> None:
    meant = refusal(code, text, status)
    assert type(meant) is error
    assert f"{status} {code}: {text}" in str(meant)


KNOWN_CODES = ACCOUNT_CODES | THROTTLING_CODES | UNFIT_CODES


def test_a_code_has_one_meaning() -> None:
    assert len(KNOWN_CODES) == len(ACCOUNT_CODES) + len(THROTTLING_CODES) + len(UNFIT_CODES)


@given(st.one_of(st.sampled_from(sorted(KNOWN_CODES)), st.text()), st.text(), st.integers(0, 999))
def test_only_a_4xx_says_that_nothing_was_sent(code: str, text: str, status: int) -> None:
    sure = 400 <= status < 500 or (status < 400 and code in KNOWN_CODES | {"MessageRejected"})
    if not sure:
        assert type(refusal(code, text, status)) is SendUncertainError
    if 400 <= status < 500:
        assert type(refusal(code, text, status)) is not SendUncertainError
