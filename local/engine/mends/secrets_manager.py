"""A secret of a stack is made as its template says, and PutSecretValue is safe to repeat.

AWS (source: cfn-secret): Ref is the secret's ARN; GenerateSecretString's switches leave out kinds of characters; a name that
is taken is refused. MiniStack's Ref is the name, it heeds no switch, and it overwrites the other secret.

AWS (source: secret-versions): PutSecretValue with the token of a version that exists changes nothing, and fails if the value is
another one. MiniStack writes it anew, and AWSPREVIOUS is lost.
"""

import json
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import secretsmanager
from ministack.services.cloudformation import provisioners

from local.engine.mending import MendTargetMissingError, replace

Properties = dict[str, Any]
RESOURCE_TYPE = "AWS::SecretsManager::Secret"


def mend() -> None:
    """PutSecretValue, and what CloudFormation makes of a secret."""
    try:
        _mend_stacks(provisioners._RESOURCE_HANDLERS[RESOURCE_TYPE])
    except KeyError as error:
        raise MendTargetMissingError(f"CloudFormation has no {error} for secrets") from error
    _mend_values()
    _mend_put()


def _mend_stacks(handler: dict[str, Any]) -> None:
    create, update, delete = handler["create"], handler["update"], handler["delete"]

    def create_secret(logical_id: str, properties: Properties, stack_name: str) -> Any:
        if properties.get("Name") in secretsmanager._secrets:
            raise ValueError(f"The operation failed because the secret {properties['Name']} already exists.")
        return _by_arn(create(logical_id, properties, stack_name))

    def update_secret(physical_id: str, *change: Any) -> Any:
        return _by_arn(update(_name(physical_id), *change))

    def delete_secret(physical_id: str, properties: Properties) -> None:
        delete(_name(physical_id), properties)

    handler.update(create=create_secret, update=update_secret, delete=delete_secret)


def _by_arn(made: tuple[str, dict[str, Any]]) -> Any:
    _name_of_it, attributes = made
    return attributes["Arn"], attributes


def _name(arn: str) -> str:
    return str(secretsmanager._resolve(arn)[0] or arn)


def _mend_values() -> None:
    stock = replace(provisioners, "_sm_secret_string", None)

    def secret_string(properties: Properties) -> Any:
        wanted = properties.get("GenerateSecretString")
        if wanted is None:
            return stock(properties)
        status, _headers, body = secretsmanager._get_random_password(wanted)
        if status != 200:
            raise ValueError(json.loads(body)["message"])
        password = json.loads(body)["RandomPassword"]
        template = wanted.get("SecretStringTemplate")
        return json.dumps({**json.loads(template), wanted["GenerateStringKey"]: password}) if template else password

    provisioners._sm_secret_string = secret_string


def _mend_put() -> None:
    stock = replace(secretsmanager, "_put_secret_value", None)

    def put_secret_value(data: dict[str, Any]) -> Any:
        _key, secret = secretsmanager._resolve(data.get("SecretId"))
        token = data.get("ClientRequestToken")
        version = secret["Versions"].get(token) if secret else None
        if version is None:
            return stock(data)
        if any(version[member] != data.get(member) for member in ("SecretString", "SecretBinary")):
            return error_response_json(
                "ResourceExistsException",
                f"A version with the token {token} exists, and its value is another one.",
                400,
            )
        shown = {"ARN": secret["ARN"], "Name": secret["Name"], "VersionId": token}
        return json_response({**shown, "VersionStages": list(version["Stages"])})

    secretsmanager._put_secret_value = put_secret_value
