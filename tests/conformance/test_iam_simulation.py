"""What IAM says a role may do, where a condition decides."""

import json
from typing import Any

import pytest

from tests.conformance.account import Account, fresh

STATEMENT = {
    "Effect": "Allow",
    "Action": "ses:SendEmail",
    "Resource": "arn:aws:ses:us-east-1:000000000000:identity/*",
    "Condition": {"StringEquals": {"ses:FromAddress": ["usage@example.com", "old@example.com"]}},
}


@pytest.mark.parametrize("address", ["usage@example.com", "old@example.com"])
def test_a_condition_holds_for_a_key_that_the_simulation_is_given(aws: Account, address: str) -> None:
    """source: iam-simulation"""
    iam, role = aws.client("iam"), fresh("role")
    trust = {"Version": "2012-10-17", "Statement": []}
    arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    policy = json.dumps({"Version": "2012-10-17", "Statement": [STATEMENT]})
    iam.put_role_policy(RoleName=role, PolicyName="send", PolicyDocument=policy)

    def decision(given: str) -> Any:
        entry = {"ContextKeyName": "ses:FromAddress", "ContextKeyValues": [given], "ContextKeyType": "string"}
        answer = iam.simulate_principal_policy(
            PolicySourceArn=arn,
            ActionNames=["ses:SendEmail"],
            ResourceArns=["arn:aws:ses:us-east-1:000000000000:identity/example.com"],
            ContextEntries=[entry],
        )
        return answer["EvaluationResults"][0]["EvalDecision"]

    assert decision(address) == "allowed"
    assert decision("somebody-else@example.com") == "implicitDeny"
