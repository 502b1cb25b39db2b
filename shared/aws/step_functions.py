"""Send executions: one Standard execution of the state machine for each order."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from shared.errors import ExecutionStartError
from shared.keys import execution_name
from shared.outbox.message import Message
from shared.sending.order import SendOrder

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


class Executions:
    """Starts executions of the send state machine."""

    def __init__(self, client: "SFNClient", state_machine_arn: str) -> None:
        self._client = client
        self._arn = state_machine_arn

    def start(self, messages: Sequence[Message], lead: timedelta = timedelta()) -> str:
        """Starts one execution for these claims; gives its name. Safe to repeat for 90 days (source: sfn-start-once): the name
        is made of the claims alone, so a repetition starts nothing, also with another `lead`. Raises ExecutionStartError.
        """
        order = SendOrder.of(messages, lead)
        name = execution_name([(message.key, message.fence) for message in messages])
        try:
            self._client.start_execution(
                stateMachineArn=self._arn, name=name, input=json.dumps(order.to_json(), sort_keys=True)
            )
        except self._client.exceptions.ExecutionAlreadyExists:
            pass  # it runs, or it ran and is closed; if it left the message behind, the sweeper brings it back
        except (ClientError, BotoCoreError) as error:
            raise ExecutionStartError(str(error)) from error
        return name
