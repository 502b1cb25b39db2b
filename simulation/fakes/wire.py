"""Between a fake and its caller."""

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Wire:
    """Carries each call out. A test derives from it to kill the caller before its call reaches AWS, or after AWS has carried it
    out and before the answer arrives.
    """

    def call(self, operation: str, carry_out: Callable[[], T]) -> T:  # noqa: ARG002 - subclasses use it
        return carry_out()
