"""Send executions: one Standard execution of the state machine for each order."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from shared.errors import ExecutionStartError
from shared.outbox.message import Message
from shared.sending.order import SendOrder

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


class Executions:
    """Starts executions of the send state machine."""

    def __init__(self, client: "SFNClient", state_machine_arn: str) -> None:
        self._client = client
        self._arn = state_machine_arn

    def start(self, name: str, messages: Sequence[Message], lead: timedelta = timedelta()) -> None:
        """Starts one execution for these claims. Safe to repeat for 90 days (source: sfn-start-once): by a name that is known
        nothing is started, also with other claims or another `lead`. Raises ExecutionStartError.
        """
        order = SendOrder.of(messages, lead)
        try:
            self._client.start_execution(
                stateMachineArn=self._arn, name=name, input=json.dumps(order.to_json(), sort_keys=True)
            )
        except self._client.exceptions.ExecutionAlreadyExists:
            pass  # it runs, or it ran and is closed; if it left the message behind, the sweeper brings it back
        except (ClientError, BotoCoreError) as error:
            raise ExecutionStartError(str(error)) from error
