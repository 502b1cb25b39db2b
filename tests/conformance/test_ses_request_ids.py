"""Each answer of SES v2 names its request, by which AWS's support finds it; libraries read it unasked."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conformance.account import Account
from tests.conformance.ses_account import SesAccount


@pytest.fixture
def ses(aws: Account) -> SesAccount:
    """An account of its own."""
    return SesAccount(aws)


def request_id(answer: Any) -> str:
    """ "" if the answer has none."""
    return str(answer["ResponseMetadata"].get("RequestId", ""))


def test_each_answer_names_its_request(ses: SesAccount) -> None:
    """boto3 guide, "Error handling": ResponseMetadata.RequestId; another for each request."""
    ids = {request_id(ses.v2.get_email_identity(EmailIdentity="example.com")), request_id(ses.v2.get_account())}
    assert len(ids - {""}) == 2


def test_a_refusal_does_too(ses: SesAccount) -> None:
    with pytest.raises(ClientError) as refused:
        ses.v2.get_email_identity(EmailIdentity="nobody.example.org")
    assert request_id(refused.value.response)
