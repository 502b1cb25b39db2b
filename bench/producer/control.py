"""The control table of the stand-in: a few items, changed as UpdateItem says."""

import re
from typing import Any

_SET = re.compile(r"(#\d+) = (:\d+)")
_ADD = re.compile(r"(#\d+) (:\d+)")
_NAME = re.compile(r"#\d+")
_ABSENT = re.compile(r"attribute_not_exists\((#\d+)\)")


class Control:
    """Items as DynamoDB sends them. Of the conditions only attribute_not_exists is judged: nobody else writes here."""

    def __init__(self) -> None:
        self._items: dict[str, dict[str, Any]] = {}

    def get(self, request: dict[str, Any]) -> dict[str, Any] | None:
        return self._items.get(request["Key"]["name"]["S"])

    def update(self, request: dict[str, Any]) -> dict[str, Any] | None:
        """The item after the write; None if the condition is not met."""
        names, values = request["ExpressionAttributeNames"], request.get("ExpressionAttributeValues", {})
        item = self.get(request) or {}
        if any(names[name] in item for name in _ABSENT.findall(request.get("ConditionExpression", ""))):
            return None
        changes, _, removes = request["UpdateExpression"].partition("REMOVE ")
        changed = dict(item or request["Key"])
        for name, value in _SET.findall(changes):
            changed[names[name]] = values[value]
        for name, value in _ADD.findall(changes):
            before = changed.get(names[name], {"N": "0"})["N"]
            changed[names[name]] = {"N": str(int(before) + int(values[value]["N"]))}
        for name in _NAME.findall(removes):
            changed.pop(names[name], None)
        self._items[request["Key"]["name"]["S"]] = changed
        return changed
