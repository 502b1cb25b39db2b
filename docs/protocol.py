"""The protocol as the documents show it: its statuses, its transitions and the picture of both, made from the data."""

import ast
import inspect
from collections.abc import Iterator

from shared.outbox import states
from shared.outbox.states import Status
from shared.outbox.transitions import DECISIONS, PRODUCE, TRANSITIONS, Arm, Transition


def diagram() -> str:
    """What the system and operators do, as a Mermaid diagram. Events of SES overtake too much to be drawn."""
    edges: dict[tuple[Status, Status], list[str]] = {}
    for transition in TRANSITIONS:
        if transition.to is None or transition.by == "feedback":
            continue
        for source in _in_order(transition.sources):
            edges.setdefault((source, transition.to), []).append(transition.name)
    lines = (f"    {source} --> {target}: {', '.join(names)}" for (source, target), names in edges.items())
    return "\n".join(["```mermaid", "stateDiagram-v2", f"    [*] --> {PRODUCE.to}: {PRODUCE.name}", *lines, "```"])


def statuses() -> str:
    """Each status, what its docstring says of it, and what moves a message on from it; feedback's evidence is one thing."""
    said = _docstrings()
    rows = (f"| {status} | {said[status]} | {_moved_on(status)} |" for status in Status)
    return "\n".join(["| status | what it means, and how long it lasts | moved on by |", "|---|---|---|", *rows])


def _docstrings() -> dict[str, str]:
    """From a status to the text that stands under it: Python keeps none for a member of an enum."""
    (enum,) = [one for one in ast.parse(inspect.getsource(states)).body if isinstance(one, ast.ClassDef)]
    found = {}
    for assigned, text in zip(enum.body, enum.body[1:], strict=False):
        match assigned, text:
            case ast.Assign(targets=[ast.Name(id=name)]), ast.Expr(value=ast.Constant(value=str(words))):
                found[name] = " ".join(words.split())
    return found


def _moved_on(status: Status) -> str:
    leaving = [one for one in TRANSITIONS if status in one.sources and one.to not in (None, status)]
    by: dict[str, list[str]] = {}
    for one in leaving:
        by.setdefault(one.by, []).append(one.name)
    told = (actor if actor == "feedback" else f"{actor}: {', '.join(names)}" for actor, names in by.items())
    return "; ".join(told) or "—"


def transitions() -> str:
    """Every write that moves a message, as a Markdown table."""
    rows = ["| transition | what it does | from | to | allowed if | by |", "|---|---|---|---|---|---|"]
    for one in (PRODUCE, *TRANSITIONS):
        cells = (one.name, one.summary, _sources(one), one.to or "(stays)", _guards(one), one.by)
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def decisions() -> str:
    """What an operator may decide on messages: the command, what it does, and the statuses that it leads from and to."""
    rows = ["| command | what it does | takes | afterwards |", "|---|---|---|---|"]
    for one in DECISIONS:
        rows.append(f"| `onlyonce {one.name.replace('_', '-')}` | {one.summary} | {_sources(one)} | {one.to} |")
    return "\n".join(rows)


def _sources(transition: Transition) -> str:
    return "; ".join(_statuses(arm) for arm in transition.arms) or "(absent)"


def _statuses(arm: Arm) -> str:
    others = [status for status in Status if status not in arm.sources]
    if not others:
        return "any"
    if len(others) <= 4:
        return f"all but {', '.join(others)}"
    return ", ".join(_in_order(arm.sources))


def _in_order(some: frozenset[Status]) -> Iterator[Status]:
    return (status for status in Status if status in some)


def _guards(transition: Transition) -> str:
    if transition is PRODUCE:
        return "there is none"
    parts = ["; ".join(" and ".join(guard.value for guard in arm.guards) for arm in transition.arms if arm.guards)]
    parts += ["takes the fence"] if transition.takes_fence else []
    if transition.attempt is None:
        parts.append("attempts start anew")
    elif transition.attempt:
        parts.append("counts an attempt" if transition.attempt > 0 else "gives the attempt back")
    return "; ".join(part for part in parts if part) or "—"
