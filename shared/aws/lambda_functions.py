"""Lambda functions of the stack, started without waiting for them."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from shared.errors import FunctionStartError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


class Functions:
    """Starts one function, asynchronously."""

    def __init__(self, client: "LambdaClient", name: str) -> None:
        self._client = client
        self._name = name

    def start(self, event: Mapping[str, Any]) -> None:
        """Starts it with this event. Lambda repeats an asynchronous invocation that fails twice more (source:
        lambda-async). Raises FunctionStartError.
        """
        try:
            self._client.invoke(FunctionName=self._name, InvocationType="Event", Payload=json.dumps(event).encode())
        except (ClientError, BotoCoreError) as error:
            raise FunctionStartError(f"{self._name} can't be started: {error}") from error
