"""A page's function that asks AWS: what the SDK raises becomes words."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from ops.aws import asking

P = ParamSpec("P")
T = TypeVar("T")


def asked(function: Callable[P, T]) -> Callable[P, T]:
    """Raises RefusedError in the SDK's place."""

    @wraps(function)
    def carried_out(*given: P.args, **named: P.kwargs) -> T:
        with asking():
            return function(*given, **named)

    return carried_out
