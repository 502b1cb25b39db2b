"""Writes the README's table of transitions from shared/transitions.py: `make docs`. A test holds the two together."""

import re
from pathlib import Path

from shared.states import Status
from shared.transitions import TRANSITIONS, Arm, Transition

README = Path(__file__).resolve().parents[1] / "README.md"
START, END = "<!-- transitions: written by `make docs` -->", "<!-- end of transitions -->"


def table() -> str:
    """The protocol as a Markdown table."""
    rows = ["| transition | from | to | allowed if | by |", "|---|---|---|---|---|"]
    rows.append("| produce | (absent) | PENDING | there is no message for this user and month | producer |")
    for transition in TRANSITIONS:
        cells = (transition.name, _sources(transition), transition.to or "(stays)", _guards(transition), transition.by)
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _sources(transition: Transition) -> str:
    return "; ".join(_statuses(arm) for arm in transition.arms)


def _statuses(arm: Arm) -> str:
    others = [status for status in Status if status not in arm.sources]
    if not others:
        return "any"
    if len(others) <= 4:
        return f"all but {', '.join(others)}"
    return ", ".join(status for status in Status if status in arm.sources)


def _guards(transition: Transition) -> str:
    parts = ["; ".join(" and ".join(guard.value for guard in arm.guards) for arm in transition.arms if arm.guards)]
    parts += ["takes the fence"] if transition.takes_fence else []
    if transition.attempt is None:
        parts.append("attempts start anew")
    elif transition.attempt:
        parts.append("counts an attempt" if transition.attempt > 0 else "gives the attempt back")
    return "; ".join(part for part in parts if part) or "—"


def rendered(readme: str) -> str:
    """The README with its table as the protocol is now."""
    pattern = re.compile(f"{re.escape(START)}.*?{re.escape(END)}", re.DOTALL)
    return pattern.sub(lambda _: f"{START}\n{table()}\n{END}", readme)


if __name__ == "__main__":
    README.write_text(rendered(README.read_text()))
