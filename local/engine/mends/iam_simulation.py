"""SimulatePrincipalPolicy evaluates conditions on what the request gives as context.

AWS (IAM API reference, "SimulatePrincipalPolicy", https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html):
ContextEntries are the condition keys and values that the simulation uses. MiniStack drops them, so that no statement with a
condition on one of them ever allows anything.
"""

from contextvars import ContextVar
from typing import Any

from ministack.core import iam_evaluator
from ministack.services import iam

from local.engine.mending import replace

_given: ContextVar[dict[str, Any]] = ContextVar("_given")
_stock_simulate = iam._simulate_principal_policy
_stock_evaluate = iam_evaluator.evaluate


def context_entries(request: dict[str, Any]) -> dict[str, Any]:
    """The condition keys of the request, in lower case as the evaluator has them, and their values."""
    entries: dict[str, Any] = {}
    while name := iam._p(request, f"ContextEntries.member.{len(entries) + 1}.ContextKeyName"):
        place = f"ContextEntries.member.{len(entries) + 1}.ContextKeyValues.member"
        values: list[str] = []
        while (value := iam._p(request, f"{place}.{len(values) + 1}")) not in (None, ""):
            values.append(value)
        entries[name.lower()] = values[0] if len(values) == 1 else values
    return entries


def simulate_principal_policy(request: dict[str, Any]) -> Any:
    """The simulation, with its context."""
    before = _given.set(context_entries(request))
    try:
        return _stock_simulate(request)
    finally:
        _given.reset(before)


def evaluate(context: Any, *policies: Any, **more: Any) -> Any:
    """One decision."""
    context.service_context |= _given.get({})
    return _stock_evaluate(context, *policies, **more)


def mend() -> None:
    """Let simulations know their context."""
    replace(iam, "_simulate_principal_policy", simulate_principal_policy)
    iam._IAM_HANDLERS["SimulatePrincipalPolicy"] = simulate_principal_policy
    replace(iam_evaluator, "evaluate", evaluate)
