"""Each answer of SES v2 names its request, by which AWS's support finds it; libraries read it unasked."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conformance.account import Account
from tests.conformance.ses_account import SENDER, SesAccount


@pytest.fixture
def ses(aws: Account) -> SesAccount:
    """An account of its own."""
    return SesAccount(aws)


def metadata(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = answer["ResponseMetadata"]
    return found


def test_each_answer_names_its_request(ses: SesAccount) -> None:
    """boto3 guide, "Error handling": ResponseMetadata.RequestId; another for each request."""
    identity = metadata(ses.v2.get_email_identity(EmailIdentity="example.com"))["RequestId"]
    assert identity != metadata(ses.v2.get_account())["RequestId"]


def test_a_refusal_does_too(ses: SesAccount) -> None:
    with pytest.raises(ClientError) as refused:
        ses.send(to="nobody", FromEmailAddress=SENDER)
    assert metadata(refused.value.response)["RequestId"]
