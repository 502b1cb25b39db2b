"""Services that charge by the request: SES, SQS, EventBridge and its Scheduler, Athena.

AWS:
- SES charges for each recipient of a mail that it accepts (ses-price);
- SQS for each request, also one that receives nothing, and for each 64 KB of messages in it again; those that Lambda makes count
  as well (sqs-price). Not modelled: those with which Lambda finds nothing;
- EventBridge for each 64 KB of an event that is not AWS's own (event-price), Scheduler for each invocation (scheduler-price);
- Athena by the bytes that a query scans, whole megabytes and ten at least, also of one that is cancelled (athena-bytes).
"""

import math
from collections.abc import Iterable
from typing import Any

from ministack.services import athena, eventbridge, sqs

from local.engine.mending import replace
from local.engine.mends import scheduler
from local.engine.mends.ses import sending
from local.engine.mends.ses.mail import Mail
from local.engine.mends.ses.sending_account import SendingAccount
from local.engine.meter.counts import counts

CHUNK_BYTES = 64 * 1024
MB = 2**20
LEAST_MB = 10


def install() -> None:
    """Hear of them where they are answered."""
    _count_mails()
    _count_sqs()
    _count_lambdas_own()
    _count_events()
    _count_schedules()
    _count_scans()


def chunks(texts: Iterable[str]) -> int:
    return max(1, math.ceil(sum(len(text.encode()) for text in texts) / CHUNK_BYTES))


def _count_mails() -> None:
    def accept(mail: Mail) -> str:
        counts.add("asked")
        return stock_accept(mail)  # type: ignore[no-any-return]

    def admit(account: SendingAccount, recipients: int, simulated: int) -> None:
        stock_admit(account, recipients, simulated)
        counts.add("accepted", amount=recipients)

    stock_accept = replace(sending, "accept", accept)
    stock_admit = replace(SendingAccount, "admit", admit)


def _count_sqs() -> None:
    async def dispatch(action: str, data: dict[str, Any], url: str) -> Any:
        sent = [data, *data.get("Entries", [])] if action.startswith("SendMessage") else []
        result: dict[str, Any] = {}
        try:
            result = await stock(action, data, url)
        finally:
            received = [message["Body"] for message in result.get("Messages", [])]
            counts.add("sqs_requests", amount=chunks([*received, *(each.get("MessageBody", "") for each in sent)]))
        return result

    stock = replace(sqs, "_dispatch", dispatch)


def _count_lambdas_own() -> None:
    def receive(url: str, most: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = stock_receive(url, most)
        if found:
            counts.add("sqs_requests", amount=chunks(message["body"] for message in found))
        return found

    def delete(url: str, handles: set[str]) -> None:
        counts.add("sqs_requests")
        stock_delete(url, handles)

    stock_receive = replace(sqs, "_receive_messages_for_esm", receive)
    stock_delete = replace(sqs, "_delete_messages_for_esm", delete)


def _count_events() -> None:
    def put(data: dict[str, Any], *, allow_aws_source: bool = False) -> Any:
        if not allow_aws_source:
            for entry in data.get("Entries", []):
                counts.add("events", amount=chunks([str(entry.get("Detail", ""))]))
        return stock(data, allow_aws_source)

    stock = replace(eventbridge, "_put_events", put)


def _count_schedules() -> None:
    def fire(schedule: dict[str, Any], due: Any) -> None:
        counts.add("scheduled")
        stock(schedule, due)

    stock = replace(scheduler, "fire", fire)


def _count_scans() -> None:
    async def execute(query_id: str, *query: Any) -> None:
        await stock(query_id, *query)
        execution = athena._executions[query_id]
        if execution["StatementType"] == "DML" and execution["Status"]["State"] in ("SUCCEEDED", "CANCELLED"):
            scanned = math.ceil(execution["Statistics"]["DataScannedInBytes"] / MB)
            counts.add("scanned_bytes", amount=MB * max(LEAST_MB, scanned))

    stock = replace(athena, "_execute_query", execute)
