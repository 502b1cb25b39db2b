"""A JSONPath that leads nowhere ends the execution instead of giving null.

AWS (Step Functions developer guide, "Using JSONPath paths" and "Choice workflow state"): a path that cannot be found in
the input is States.Runtime, whatever field it stands in; IsPresent is the way to ask, and a null is present.
MiniStack goes on with null, so that a misspelt path passes unnoticed, and holds a null for absent.
"""

import json
from typing import Any

from ministack.services import stepfunctions

from local.engine.mending import replace

_stock_resolve_path = stepfunctions._resolve_path
_stock_evaluate_rule = stepfunctions._evaluate_rule


def leads_somewhere(path: str, data: Any) -> bool:
    """Whether the path, which has no wildcard, names a value of the data."""
    for kind, key in stepfunctions._parse_jsonpath_tokens(path) or [("unreadable", path)]:
        in_object = kind == "field" and isinstance(data, dict) and key in data
        in_array = kind == "index" and isinstance(data, list) and key < len(data)
        if not (in_object or in_array):
            return False
        data = data[key]
    return True


def resolve_path(path: str, data: Any) -> Any:
    """The value that the path names."""
    value = _stock_resolve_path(path, data)
    if value is None and path.startswith("$.") and not leads_somewhere(path, data):
        cause = f"The JSONPath '{path}' could not be found in the input '{json.dumps(data)}'"
        raise stepfunctions._ExecutionError("States.Runtime", cause)
    return value


def evaluate_rule(rule: dict[str, Any], data: Any, context: dict[str, Any] | None = None) -> bool:
    """A rule of a Choice state."""
    if "IsPresent" not in rule:
        return bool(_stock_evaluate_rule(rule, data, context))
    try:
        stepfunctions._resolve_path_or_ctx(rule["Variable"], data, context)
    except stepfunctions._ExecutionError:
        return not rule["IsPresent"]
    return bool(rule["IsPresent"])


def mend() -> None:
    """Make every path strict but those that ask."""
    replace(stepfunctions, "_resolve_path", resolve_path)
    replace(stepfunctions, "_evaluate_rule", evaluate_rule)
