"""What each command is made of: an order for a stage, its help with examples, the options that several commands share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from cyclopts import App, Parameter, Token
from rich.console import Console

from ops.session import Session
from shared.errors import InvalidPeriodError
from shared.outbox.states import Status
from shared.periods import Period


@dataclass(frozen=True)
class Order:
    """A command that was understood."""

    stage: str
    carry_out: Callable[[Session], int]
    """Gives the exit status. Raises RefusedError when nothing was done."""


@dataclass(frozen=True)
class Unstaged:
    """A command that was understood, and asks no stage."""

    carry_out: Callable[[Console], int]
    """Gives the exit status."""


def add(
    app: App,
    function: Callable[..., Order | Unstaged],
    *examples: str,
    name: str = "",
    does: str = "",
    staged: bool = True,
) -> None:
    """A command of that name and purpose, by default the function's own, with what to type after its name."""
    name = name or function.__name__
    at = ("--stage prod",) if staged else ()
    lines = [f"  {' '.join(filter(None, ('onlyonce', name, example, *at)))}" for example in examples or [""]]
    epilogue = "\n".join(["examples:", *lines])
    app.command(function, name=name, help=does or None, help_epilogue=epilogue, sort_key=len([*app]))


def _period(_: object, tokens: Sequence[Token]) -> Period:
    try:
        return Period.parse(tokens[0].value)
    except InvalidPeriodError as error:
        raise ValueError(str(error)) from error


def _not_blank(_: object, text: Any) -> None:
    if text is not None and not text.strip():
        raise ValueError("it is empty")


def _from_one(_: object, number: Any) -> None:
    if number is not None and number < 1:
        raise ValueError(f"{number} is no number from 1")


_STAGE = Parameter(env_var="ONLYONCE_STAGE", metavar="STAGE", help="of the deployment: the stack is onlyonce-STAGE")
Stage = Annotated[str, _STAGE]
StageIfAny = Annotated[str | None, _STAGE]
Month = Annotated[Period, Parameter(converter=_period, accepts_keys=False, help="written YYYY-MM")]
By = Annotated[
    str | None, Parameter(metavar="NAME", help="who decides; default: your AWS identity, else your account's name here")
]
Reason = Annotated[str, Parameter(validator=_not_blank, metavar="TEXT", help="why; kept in the record")]
Result = Parameter(validator=_not_blank, metavar="QUERY_ID")
"""One that is empty is no wish for another query: a script's variable may be unset."""
Statuses = Annotated[
    tuple[Status, ...],
    Parameter(name="--status", name_transform=str, metavar="STATUS", help="of this status; may be given several times"),
]
OneStatus = Annotated[
    Status, Parameter(name="--status", name_transform=str, metavar="STATUS", help="only of this status")
]
Error = Annotated[str, Parameter(metavar="TEXT", help="only where the reason holds this text")]
Json = Annotated[bool, Parameter(help="for scripts (docs/operating.md)")]
Reveal = Annotated[bool, Parameter(help="show whole addresses")]
Limit = Annotated[int | None, Parameter(validator=_from_one, metavar="N", help="at most so many")]
