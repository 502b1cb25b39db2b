"""A stack's secret is what its template says, and a new value leaves the one before readable."""

import json
from typing import Any

import pytest

from tests.conformance.account import Account, eventually, fresh, refusal


def stack_with(aws: Account, stack: str, *, update: bool = False, **properties: Any) -> dict[str, Any]:
    """The description of a stack with such a secret, made or updated; its output Ref is that of the secret."""
    client = aws.client("cloudformation")
    secret = {"Type": "AWS::SecretsManager::Secret", "Properties": properties}
    template = {"Resources": {"Secret": secret}, "Outputs": {"Ref": {"Value": {"Ref": "Secret"}}}}
    (client.update_stack if update else client.create_stack)(StackName=stack, TemplateBody=json.dumps(template))

    def described() -> dict[str, Any]:
        answer: dict[str, Any] = client.describe_stacks(StackName=stack)["Stacks"][0]
        return answer

    eventually(lambda: not described()["StackStatus"].endswith("IN_PROGRESS"))
    return described()


def ref(stack: dict[str, Any]) -> str:
    """The secret's Ref; AssertionError if the stack was not made."""
    assert stack["StackStatus"].endswith(("CREATE_COMPLETE", "UPDATE_COMPLETE"))
    return str(stack["Outputs"][0]["OutputValue"])


def test_a_stacks_secret_has_its_arn_as_ref_and_only_the_wanted_characters(aws: Account) -> None:
    arn = ref(stack_with(aws, fresh("stack"), GenerateSecretString={"PasswordLength": 64, "ExcludePunctuation": True}))
    assert arn.startswith("arn:aws:secretsmanager:")
    value = aws.client("secretsmanager").get_secret_value(SecretId=arn)
    assert value["VersionStages"] == ["AWSCURRENT"]
    assert len(value["SecretString"]) == 64
    assert value["SecretString"].isalnum()


@pytest.mark.parametrize("template", ["", '{"user": "u"}'])
def test_by_default_there_are_32_characters_of_every_kind(aws: Account, template: str) -> None:
    """In a template they are one of its members."""
    members = {"SecretStringTemplate": template, "GenerateStringKey": "key"} if template else {}
    arn = ref(stack_with(aws, fresh("stack"), GenerateSecretString=members))
    value = aws.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]
    password = json.loads(value)["key"] if template else value
    assert arn.startswith("arn:")
    assert len(password) == 32
    assert not password.isalnum()


def test_an_update_leaves_the_value_and_a_deletion_nothing(aws: Account) -> None:
    stack, secrets, client = fresh("stack"), aws.client("secretsmanager"), aws.client("cloudformation")
    generated: dict[str, Any] = {"GenerateSecretString": {"ExcludePunctuation": True}}
    arn = ref(stack_with(aws, stack, **generated))
    value = secrets.get_secret_value(SecretId=arn)["SecretString"]
    assert ref(stack_with(aws, stack, update=True, Description="Signs links", **generated)) == arn
    assert secrets.get_secret_value(SecretId=arn)["SecretString"] == value
    assert value.isalnum()
    client.delete_stack(StackName=stack)
    client.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    assert refusal(lambda: secrets.describe_secret(SecretId=arn)) == "ResourceNotFoundException"


def test_a_name_that_is_taken_is_refused(aws: Account) -> None:
    name, secrets = fresh("secret"), aws.client("secretsmanager")
    secrets.create_secret(Name=name, SecretString="mine")
    stack = stack_with(aws, fresh("stack"), Name=name, GenerateSecretString={})
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert secrets.get_secret_value(SecretId=name)["SecretString"] == "mine"


def test_a_value_put_twice_leaves_the_one_before(aws: Account) -> None:
    """And another value under the same token is refused."""
    name, secrets = fresh("secret"), aws.client("secretsmanager")
    secrets.create_secret(Name=name, SecretString="old")
    put = {"SecretId": name, "SecretString": "new", "ClientRequestToken": fresh("token").ljust(32, "0")}
    assert secrets.put_secret_value(**put)["VersionStages"] == ["AWSCURRENT"]
    assert secrets.put_secret_value(**put)["VersionStages"] == ["AWSCURRENT"]
    stages = {
        stage: secrets.get_secret_value(SecretId=name, VersionStage=stage)["SecretString"]
        for stage in ("AWSCURRENT", "AWSPREVIOUS")
    }
    assert stages == {"AWSCURRENT": "new", "AWSPREVIOUS": "old"}
    changed = {**put, "SecretString": "newer"}
    assert refusal(lambda: secrets.put_secret_value(**changed)) == "ResourceExistsException"
