"""Jinja for every page: what is put in is escaped, and a name that is missing is an error."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ops.formatting import counted, masked, person, plain, when
from ops.pages.tones import MARKS, tone

PAGES = Path(__file__).parent
STYLE = PAGES / "style.css"


def environment(*folders: Path) -> Environment:
    """Templates of these folders, and base.html."""
    made = Environment(
        loader=FileSystemLoader([*folders, PAGES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "when": when,
        "masked": masked,
        "counted": counted,
        "plain": plain,
        "person": person,
        "number": number,
        "rate": rate,
    }
    made.filters |= {"tone": tone, "mark": lambda status: MARKS[tone(status)]}
    made.globals |= {"style": lambda: STYLE.read_text("utf-8")}
    return made


def rate(value: float | None) -> str:
    """Mails a second, in four digits."""
    return "–" if value is None else f"{value:,.4g}" if value < 1_000 else f"{value:,.0f}"


def number(value: float | None, digits: int = 0) -> str:
    """With thousands apart; nothing where there is none."""
    return "–" if value is None else f"{value:,.{digits}f}"
