"""The outbox of one period as an onlooker sees it, through DynamoDB and without the product's code."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from local.stack.deployment import Deployment
from local.stack.metering import AGENT
from shared.outbox.states import WAITING, Status
from shared.periods import Period

_LISTED = 10

Statuses = Counter[str]


def months(deployment: Deployment) -> dict[str, Statuses]:
    """How many messages of each month are in each status."""
    found: dict[str, Statuses] = defaultdict(Counter)
    pages = (
        deployment.client("dynamodb", read_timeout=30, user_agent_extra=AGENT)
        .get_paginator("scan")
        .paginate(
            TableName=deployment.outputs()["OutboxTableName"],
            ProjectionExpression="#period, #status",
            ExpressionAttributeNames={"#period": "period", "#status": "status"},
        )
    )
    for page in pages:
        for item in page["Items"]:
            found[item["period"]["S"]][item.get("status", {}).get("S", "?")] += 1
    return found


class OutboxView:
    """Reads; changes nothing."""

    def __init__(self, deployment: Deployment, period: Period) -> None:
        outputs = deployment.outputs()
        self._outbox, self._control = outputs["OutboxTableName"], outputs["ControlTableName"]
        self._dynamodb = deployment.client("dynamodb", read_timeout=30, user_agent_extra=AGENT)
        self._period = period

    def statuses(self) -> Statuses:
        """How many messages are in each status."""
        return Counter(item["status"]["S"] for item in self._items())

    def users(self, status: Status) -> list[str]:
        """The users whose message is in that status."""
        return sorted(item["user_id"]["S"] for item in self._items() if item["status"]["S"] == status)

    def reasons(self, status: Status) -> dict[str, str]:
        """The users whose message is in that status, each with the reason that the message gives; "" if none."""
        items = (item for item in self._items() if item["status"]["S"] == status)
        return {item["user_id"]["S"]: item.get("last_error", {}).get("S", "") for item in items}

    def stuck(self) -> str:
        """What waits, a line each, and what the campaign says about it."""
        waiting = [item for item in self._items() if item["status"]["S"] in WAITING]
        lines = [
            f"  {item['user_id']['S']!r}: {item['status']['S']} {item.get('last_error', {}).get('S', '')}".rstrip()
            for item in waiting[:_LISTED]
        ]
        if len(waiting) > _LISTED:
            lines.append(f"  and {len(waiting) - _LISTED} more")
        campaign = self._dynamodb.get_item(TableName=self._control, Key={"name": {"S": "campaign"}}).get("Item", {})
        for name, words in (
            ("paused", "the campaign is paused"),
            ("backs_off_until", "nothing is sent until"),
        ):
            if said := campaign.get(name, {}).get("S"):
                lines.append(f"  {words}: {said}")
        return "\n".join(lines)

    def _items(self) -> Iterator[dict[str, Any]]:
        """user_id, status and last_error of the period's messages, as DynamoDB gives them."""
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=self._outbox,
            ProjectionExpression="user_id, #status, last_error",
            FilterExpression="#period = :period",
            ExpressionAttributeNames={"#status": "status", "#period": "period"},
            ExpressionAttributeValues={":period": {"S": str(self._period)}},
        )
        for page in pages:
            yield from page["Items"]
