"""Finds a stage's parts and puts the rig together. Everything is named by the stack itself: nothing is guessed."""

from collections.abc import Callable
from functools import cache
from typing import Any, cast

import mail
from ops import aws
from ops.accept.calls import Calls
from ops.accept.check import Check
from ops.accept.cohort import PERIOD
from ops.accept.messages import Mail, Messages
from ops.accept.readings import Readings, query_runs
from ops.accept.rig import Functions, Machine, Rig
from ops.accept.witness import Witness
from ops.doctor.deployed import FUNCTIONS, Deployed
from ops.session import Session
from shared import wiring
from shared.aws.dynamodb import DynamoTable
from shared.aws.dynamodb_wire import to_wire
from shared.aws.ses_account import SesAccount
from shared.outbox.outbox import Outbox
from shared.periods import Period
from shared.producing.query import filled
from shared.store import TableKey


def assemble(session: Session) -> Rig:
    """Raises BotoCoreError, ClientError; UnreadableError; UnknownMailKindError; NoTemplateError."""
    deployed, calls, sdk = Deployed.of(session), Calls(), cast(Any, wiring.session())

    @cache
    def clients(service: str) -> Any:
        client = sdk.client(service, config=aws.PRODUCING if service == "lambda" else aws.ASKING)
        calls.listen_to(client)
        return client

    table, stack = deployed.output("OutboxTableName"), deployed.stack
    settings = deployed.function("Producer")["Environment"]["Variables"]
    _, partition, _, region, account, *_ = deployed.function("Send")["FunctionArn"].split(":")
    names = {name.lower(): deployed.output(f"{name}FunctionName") for name in FUNCTIONS}
    return Rig(
        stack=stack,
        messages=_messages(session, table, settings, clients),
        functions=Functions(names, clients("lambda")),
        machine=Machine(deployed.output("SendStateMachineArn"), clients("stepfunctions")),
        readings=Readings(lambda: Deployed.of(session)),
        calls=calls,
        outbox_table=table,
        query=lambda: _query(settings, clients("athena")),
        clients=clients,
        witness_of=lambda name: Witness(
            name, stack, f"{partition}:{region}:{account}", clients("sqs"), clients("events")
        ),
    )


def _messages(session: Session, table: str, settings: dict[str, str], clients: Callable[[str], Any]) -> Messages:
    template = mail.files_of(settings["MAIL_KIND"]).template(settings["STACK"], settings["UNSUBSCRIBE"])
    SesAccount(clients("sesv2")).make(template)

    def delete(key: TableKey) -> None:
        clients("dynamodb").delete_item(TableName=table, Key=to_wire(dict(key)))

    store = DynamoTable(clients("dynamodb"), table)
    return Messages(Outbox(store, session.clock), store, delete, Mail(template, settings["SENDER"]), session.clock)


def _query(settings: dict[str, str], athena: Any) -> Check:
    kind = mail.kind_of(settings["MAIL_KIND"])
    sql = filled(kind.files.read(kind.files.query), {"period_start": Period.parse(PERIOD).start})
    wanted = ("user_id", "email", *kind.columns)
    return query_runs(
        sql, settings["ATHENA_DATABASE"], settings["ATHENA_WORK_GROUP"], settings["USAGE_BUCKET"], wanted, athena
    )
