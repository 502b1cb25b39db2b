"""An execution for every user, started under a name of their own, and retried by the state machine: AWS Step Functions.

A name that is taken (ExecutionAlreadyExists) is skipped, so a main function that is started again starts nothing twice.
Every error of the task is retried, with backoff and jitter: those of SES's rate for as long as it takes, as the pace is
Retry's alone; what Lambda itself may answer as AWS recommends; all others three times.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from typing import Any

import boto3

from bench.contestants import functions
from bench.contestants.common import User, ask, ses, users
from bench.contestants.functions import MAIN, SEND
from bench.shootout.contestant import Contestant, Ground

MACHINE, PERIOD = "shootout-send-email", "2026-10"
TIMEOUT_S = 60
_ROLE = "arn:aws:iam::000000000000:role/shootout"
_GIVEN_UP = ("FAILED", "TIMED_OUT", "ABORTED")


class StepFunctions(Contestant):
    name = "step_functions"
    title = "Step Functions, a unique name, Retry"
    described = "A function starts an execution for every user, whose name can be used once; the execution retries its one task."
    sending_functions: Sequence[str] = (SEND,)
    because: Mapping[str, str] = {
        "restarted": "a name starts one execution",
        "killed": "Retry runs the task again, and its mail may be out",
        "unheard": "boto3 asks again when no answer comes, and SES has accepted already",
        "crowded": "an execution that has used up its retries is FAILED",
    }

    def prepare(self, ground: Ground) -> None:
        functions.upload_users(ground)
        send = functions.create(ground, "step_functions", SEND, "send_email", TIMEOUT_S)
        machine = functions.client(ground, "stepfunctions").create_state_machine(
            name=MACHINE, roleArn=_ROLE, definition=json.dumps(definition(send))
        )["stateMachineArn"]
        functions.create(ground, "step_functions", MAIN, "main", functions.MAIN_TIMEOUT_S, STATE_MACHINE=machine)

    def producer(self, ground: Ground) -> list[str]:  # noqa: ARG002
        return functions.command()

    def idle(self, ground: Ground) -> bool:
        return not any(_executions(ground, "RUNNING"))

    def held(self, ground: Ground) -> set[str]:
        return {name.removeprefix(f"{PERIOD}-") for status in _GIVEN_UP for name in _executions(ground, status)}


CONTESTANT = StepFunctions()


def definition(send: str) -> dict[str, Any]:
    """The state machine: one task."""
    return {
        "Comment": "sending Email",
        "StartAt": "sendEmail",
        "States": {
            "sendEmail": {
                "Type": "Task",
                "Resource": send,
                "Retry": [
                    _retry(["TooManyRequestsException"], seconds=2, attempts=50, most_s=15),
                    _retry(
                        [
                            "Lambda.ClientExecutionTimeoutException",
                            "Lambda.ServiceException",
                            "Lambda.AWSLambdaException",
                            "Lambda.SdkClientException",
                            "Lambda.TooManyRequestsException",
                        ],
                        seconds=2,
                        attempts=6,
                        most_s=60,
                    ),
                    _retry(["States.ALL"], seconds=1, attempts=3, most_s=60),
                ],
                "End": True,
            }
        },
    }


def _retry(errors: Sequence[str], *, seconds: int, attempts: int, most_s: int) -> dict[str, Any]:
    return {
        "ErrorEquals": list(errors),
        "IntervalSeconds": seconds,
        "BackoffRate": 2,
        "MaxDelaySeconds": most_s,
        "MaxAttempts": attempts,
        "JitterStrategy": "FULL",
    }


def _executions(ground: Ground, status: str) -> Sequence[str]:
    """Their names."""
    states = functions.client(ground, "stepfunctions")
    machine = states.list_state_machines()["stateMachines"][0]["stateMachineArn"]
    pages = states.get_paginator("list_executions").paginate(stateMachineArn=machine, statusFilter=status)
    return [execution["name"] for page in pages for execution in page["executions"]]


def main(_event: object, _context: object) -> None:
    """mainFunction: an execution for every user who has none yet."""
    states, ground = boto3.client("stepfunctions"), Ground.of_environment()
    for user in users(ground, functions.read_users()):
        try:
            states.start_execution(
                stateMachineArn=os.environ["STATE_MACHINE"],
                name=f"{PERIOD}-{user.user_id}",
                input=json.dumps(asdict(user)),
            )
        except states.exceptions.ExecutionAlreadyExists:
            continue  # it was started before


@cache
def _ses() -> Any:
    """What a warm function keeps from one invocation to the next."""
    return ses()


def send_email(event: dict[str, Any], _context: object) -> str:
    """sendEmail: the execution's user."""
    return ask(_ses(), User(**event))
