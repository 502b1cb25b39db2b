"""The pages' own addresses."""

from urllib.parse import urlencode

from ops.console.groups import Group
from shared.keys import Key


def month_address(period: object) -> str:
    return f"/month/{period}"


def message_address(key: Key) -> str:
    return f"/message?{urlencode({'user': key.user_id, 'period': key.period})}"


def user_address(user_id: str) -> str:
    return f"/message?{urlencode({'user': user_id})}"


def group_address(group: Group) -> str:
    return f"/held/group?{query_of(group)}"


def query_of(group: Group) -> str:
    return urlencode({"period": group.period, "status": str(group.status), "reason": group.reason})
