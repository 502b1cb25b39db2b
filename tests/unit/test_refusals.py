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
)
from shared.refusals import ACCOUNT_CODES, THROTTLING_CODES, refusal

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
        ("ExpiredTokenException", "expired", 403, CampaignPausedError),
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


@given(st.one_of(st.sampled_from(sorted(ACCOUNT_CODES | THROTTLING_CODES)), st.text()), st.text(), st.integers(0, 999))
def test_only_a_4xx_says_that_nothing_was_sent(code: str, text: str, status: int) -> None:
    sure = 400 <= status < 500 or (status < 400 and code in ACCOUNT_CODES | THROTTLING_CODES | {"MessageRejected"})
    if not sure:
        assert type(refusal(code, text, status)) is SendUncertainError
    if 400 <= status < 500:
        assert type(refusal(code, text, status)) is not SendUncertainError
