"""Send executions: one Standard execution of the state machine for each batch of claims."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from shared.errors import ExecutionStartError, InvalidMessageError
from shared.keys import Key, execution_name
from shared.message import Message
from shared.times import from_text, to_text

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


@dataclass(frozen=True)
class Claim:
    """A claimed message as an execution carries it: never an address nor data, they would stay in its history."""

    key: Key
    fence: int


@dataclass(frozen=True)
class SendOrder:
    """The input of a send execution and of each round of its loop."""

    send_at: datetime
    """Whole second; the state machine waits for it (Wait truncates: source Amazon States Language, aws-facts)."""
    epoch: int
    claims: tuple[Claim, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "send_at": to_text(self.send_at),
            "epoch": self.epoch,
            "claims": [{**claim.key._asdict(), "fence": claim.fence} for claim in self.claims],
        }

    @classmethod
    def from_json(cls, order: Any) -> "SendOrder":
        """Raises InvalidMessageError: an execution can be started by hand with anything."""
        try:
            claims = tuple(
                Claim(Key.of(claim["user_id"], claim["period"]), _whole(claim["fence"])) for claim in order["claims"]
            )
            return cls(from_text(order["send_at"]), _whole(order["epoch"]), claims)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InvalidMessageError(
                f"a send order has send_at, epoch and claims of user_id, period and fence; this one: {str(order)[:200]}"
            ) from error


class Executions:
    """Starts executions of the send state machine."""

    def __init__(self, client: "SFNClient", state_machine_arn: str) -> None:
        self._client = client
        self._arn = state_machine_arn

    def start(self, message: Message) -> None:
        """Starts the execution of a claim; starting it again is the same as starting it once, for 90 days.

        The input is made of the stored item alone, so that a repetition is byte-identical (source: StartExecution).
        Raises ExecutionStartError when Step Functions refuses.
        """
        if message.send_at is None:
            raise InvalidMessageError("a claimed message has no send_at")
        order = SendOrder(message.send_at, message.epoch, (Claim(message.key, message.fence),))
        try:
            self._client.start_execution(
                stateMachineArn=self._arn,
                name=execution_name(message.key, message.fence),
                input=json.dumps(order.to_json(), sort_keys=True),
            )
        except self._client.exceptions.ExecutionAlreadyExists:
            return  # it ran and is closed; if it left the message behind, the sweeper brings it back
        except (ClientError, BotoCoreError) as error:
            raise ExecutionStartError(str(error)) from error


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{value!r} is no whole number")
    return value
