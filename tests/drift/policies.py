"""The packaged template's policies, as pairs of an action and a resource."""

from collections.abc import Iterator
from typing import Any

from tests.drift.conftest import Packaged

Statement = dict[str, Any]


def role_of(packaged: Packaged, function: str) -> dict[str, Any]:
    """Properties of a function's role."""
    logical_id, attribute = packaged.function(function)["Role"]["Fn::GetAtt"]
    assert attribute == "Arn"
    properties: dict[str, Any] = packaged.resources[logical_id]["Properties"]
    return properties


def attached(packaged: Packaged, role_name: str) -> list[Statement]:
    """Of the policies that the template attaches to this role."""
    policies = [one for one in packaged.of_type("AWS::IAM::Policy").values() if {"Ref": role_name} in one["Roles"]]
    return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]


def statements_of(role: dict[str, Any]) -> list[Statement]:
    """Of a role's policies. It has them itself: nothing is attached that this template does not show."""
    assert "ManagedPolicyArns" not in role
    return [statement for policy in role["Policies"] for statement in policy["PolicyDocument"]["Statement"]]


def trust_of(role: dict[str, Any]) -> list[Statement]:
    statements: list[Statement] = role["AssumeRolePolicyDocument"]["Statement"]
    return statements


def pairs(statements: list[Statement]) -> Iterator[tuple[str, str]]:
    for statement in statements:
        for action in listed(statement["Action"]):
            for resource in listed(statement["Resource"]):
                yield action, written_out(resource)


def listed(one_or_more: Any) -> list[Any]:
    return one_or_more if isinstance(one_or_more, list) else [one_or_more]


def written_out(value: Any) -> str:
    """A resource as Fn::Sub would write it, by whichever of CloudFormation's functions the template names it."""
    match value:
        case str():
            return value
        case {"Fn::Sub": str() as text}:
            return text
        case {"Ref": name}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"${{{name}.{attribute}}}"
    raise AssertionError(f"a resource that is written {value} is not known here")
