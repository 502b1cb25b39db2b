"""Finds a stage's parts and puts the rig together. Everything is named by the stack itself: nothing is guessed."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import mail
from ops import aws
from ops.accept.calls import Calls
from ops.accept.check import Check
from ops.accept.cohort import PERIOD
from ops.accept.messages import Mail, Messages
from ops.accept.readings import Readings, query_runs
from ops.accept.rig import Functions, Machine, Rig
from ops.accept.witness import Witness
from ops.session import Session
from shared import wiring
from shared.aws.dynamodb import DynamoTable
from shared.aws.dynamodb_wire import to_wire
from shared.aws.ses_account import SesAccount
from shared.outbox.outbox import Outbox
from shared.periods import Period
from shared.producing.query import filled
from shared.store import TableKey


@dataclass(frozen=True)
class Parts:
    """What CloudFormation and the functions say of the stack."""

    outputs: dict[str, str]
    alarms: list[str]
    functions: dict[str, dict[str, Any]]
    """The configuration of each."""
    place: str
    """aws:REGION:ACCOUNT"""


FUNCTIONS = ("producer", "claim", "send", "sweeper", "feedback")


def parts_of(stack: str, clients: Callable[[str], Any]) -> Parts:
    cloudformation, lambda_ = clients("cloudformation"), clients("lambda")
    (found,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in found["Outputs"]}
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    resources = [one for page in pages for one in page["StackResourceSummaries"]]
    functions = {
        name: lambda_.get_function_configuration(FunctionName=outputs[f"{name.capitalize()}FunctionName"])
        for name in FUNCTIONS
    }
    _, partition, _, region, account, *_ = functions["send"]["FunctionArn"].split(":")
    alarms = [one["PhysicalResourceId"] for one in resources if one["ResourceType"] == "AWS::CloudWatch::Alarm"]
    return Parts(outputs, alarms, functions, f"{partition}:{region}:{account}")


def assemble(session: Session, stack: str) -> Rig:
    """Raises BotoCoreError, ClientError; RenderError if SES does not have the deployed template."""
    sdk: Any = wiring.session()
    calls = Calls()

    @cache
    def clients(service: str) -> Any:
        client = sdk.client(service, config=aws.PRODUCING if service == "lambda" else aws.ASKING)
        calls.listen_to(client)
        return client

    parts = parts_of(stack, clients)
    out, settings = parts.outputs, parts.functions["producer"]["Environment"]["Variables"]
    return Rig(
        stack=stack,
        messages=_messages(session, out["OutboxTableName"], settings, clients),
        functions=Functions({name: out[f"{name.capitalize()}FunctionName"] for name in FUNCTIONS}, clients("lambda")),
        machine=Machine(out["SendStateMachineArn"], clients("stepfunctions")),
        readings=Readings(
            clients,
            {name: one["Role"] for name, one in parts.functions.items()},
            _arns(out, parts.place),
            out["DeadLettersUrl"],
            out["AlarmTopicArn"],
            parts.alarms,
            out["UsageDatabaseName"],
        ),
        calls=calls,
        outbox_table=out["OutboxTableName"],
        query=lambda: _query(settings, clients("athena")),
        clients=clients,
        witness_of=lambda name: Witness(name, stack, parts.place, clients("sqs"), clients("events")),
    )


def _messages(session: Session, table: str, settings: dict[str, str], clients: Callable[[str], Any]) -> Messages:
    template = settings["TEMPLATE_NAME"]
    mail_ = Mail(template, settings["SENDER"], SesAccount(clients("sesv2")).template_parts(template))

    def delete(key: TableKey) -> None:
        clients("dynamodb").delete_item(TableName=table, Key=to_wire(dict(key)))

    store = DynamoTable(clients("dynamodb"), table)
    return Messages(Outbox(store, session.clock), store, delete, mail_, session.clock)


def _arns(outputs: dict[str, str], place: str) -> dict[str, str]:
    partition, region, account = place.split(":")
    table = f"arn:{partition}:dynamodb:{region}:{account}:table/"
    return {
        "outbox": table + outputs["OutboxTableName"],
        "control": table + outputs["ControlTableName"],
        "machine": outputs["SendStateMachineArn"],
        "sender": f"arn:{partition}:ses:{region}:{account}:identity/{outputs['SenderAddress']}",
    }


def _query(settings: dict[str, str], athena: Any) -> Check:
    kind = mail.kind_of(settings["MAIL_KIND"])
    sql = filled(kind.files.read(kind.files.query), {"period_start": Period.parse(PERIOD).start})
    wanted = ("user_id", "email", *kind.columns)
    return query_runs(
        sql, settings["ATHENA_DATABASE"], settings["ATHENA_WORK_GROUP"], settings["USAGE_BUCKET"], wanted, athena
    )
