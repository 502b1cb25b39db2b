"""Where in the files that one edits something is wrong: the error names the file, and the line where it can be told."""

import difflib
import re
import traceback
from collections.abc import Iterable
from pathlib import Path

from local.embedded_aws import ROOT

QUERY = ROOT / "mail/usage/query.sql"
TABLE = ROOT / "mail/usage/events.ddl.sql"
MAPPING = ROOT / "mail/usage/variables.py"
TEMPLATES = {part: ROOT / f"mail/usage/{part}.hbs" for part in ("subject", "text", "html")}
_QUOTED = re.compile(r'"([^"\n]+)"|name (\w+) does not exist')
_EXCERPT = re.compile(r"\n+LINE \d+: (.*)\n.*", re.DOTALL)
_LINES_SHOWN = 3


class PreviewError(Exception):
    """There is nothing to show; the message says what to correct, and where."""


def in_query(reason: str) -> PreviewError:
    """What Athena says of the query. Its line numbers are of another text (DuckDB's, after the mends): the names that it
    quotes are looked up in the file.
    """
    said = _EXCERPT.sub("", reason)
    excerpt = _EXCERPT.search(reason)
    names = [first or second for first, second in _QUOTED.findall(said.partition("\n")[0])]
    lines = [number for name in names[:1] for number in _lines_with(QUERY, rf"\b{re.escape(name)}\b")]
    exact = [n for n in lines if excerpt and _line(QUERY, n).strip() == excerpt[1].strip()]
    return PreviewError(f"{at(QUERY, exact or lines)}: {said.strip()}")


def in_mapping(error: BaseException) -> PreviewError:
    """An exception that passed through the mapping: the place in it where it came from."""
    if isinstance(error, SyntaxError):
        path, line, said = Path(error.filename or MAPPING), error.lineno or 0, error.msg
    else:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == MAPPING]
        if not frames:
            raise error
        path, line, said = MAPPING, frames[-1].lineno or 0, str(error)
    return PreviewError(f"{at(path, [line])}: {type(error).__name__}: {said}")


def in_template(part: str, line: int, message: str) -> PreviewError:
    """What Handlebars says of a part."""
    return PreviewError(f"{at(TEMPLATES[part], [line] if line else [])}: {message}")


def missing_variable(part: str, name: str, known: Iterable[str]) -> PreviewError:
    """A variable that the part names and the mapping does not give."""
    lines = _lines_with(TEMPLATES[part], rf"\{{\{{[^}}]*\b{re.escape(name)}\b")
    near = difflib.get_close_matches(name, list(known), 1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known))}"
    return PreviewError(
        f"{at(TEMPLATES[part], lines)}: {name} is no variable that mail/usage/variables.py gives; {hint}"
    )


def at(path: Path, lines: list[int]) -> str:
    """The file as one would type it, and the line or lines; only the file where there are too many to help."""
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    if not 0 < len(lines) <= _LINES_SHOWN:
        return str(shown)
    return f"{shown}, line {' or '.join(map(str, lines))}"


def _lines_with(path: Path, pattern: str) -> list[int]:
    """The lines that hold it, comments of SQL aside."""
    lines = enumerate(path.read_text().splitlines(), start=1)
    return [number for number, line in lines if re.search(pattern, line.partition("--")[0] if path == QUERY else line)]


def _line(path: Path, number: int) -> str:
    return path.read_text().splitlines()[number - 1]
