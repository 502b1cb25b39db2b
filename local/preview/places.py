"""Where in the files of the mail something is wrong: the error names the file and, if it can be told, the line."""

import difflib
import re
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from shared.rendering.mail_kind import MailFiles

_QUOTED = re.compile(r'"([^"\n]+)"|name (\w+) does not exist')
_EXCERPT = re.compile(r"\n+LINE \d+: (.*)\n.*", re.DOTALL)
_LINES_SHOWN = 3


class PreviewError(Exception):
    """There is nothing to show; the message says what to correct, and where."""


@dataclass(frozen=True)
class Places:
    """The places in one kind's files."""

    files: MailFiles

    def in_query(self, reason: str) -> PreviewError:
        """What Athena says of the query. Its line numbers are of another text (DuckDB's, after the mends): the names that
        it quotes are looked up in the file.
        """
        said = _EXCERPT.sub("", reason)
        excerpt = _EXCERPT.search(reason)
        names = [first or second for first, second in _QUOTED.findall(said.partition("\n")[0])]
        lines = [number for name in names[:1] for number in self._lines_of_sql(rf"\b{re.escape(name)}\b")]
        source = self.files.read(self.files.query).splitlines()
        exact = [n for n in lines if excerpt and source[n - 1].strip() == excerpt[1].strip()]
        return PreviewError(f"{at(self.files.query, exact or lines)}: {said.strip()}")

    def in_mapping(self, error: BaseException) -> PreviewError:
        """An exception that passed through the mapping: the place in it where it came from."""
        if isinstance(error, SyntaxError):
            file, line, said = self._typed(error.filename or self.files.mapping), error.lineno or 0, error.msg
        else:
            mapping = self.files.root / self.files.mapping
            frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == mapping]
            if not frames:
                raise error
            file, line, said = self.files.mapping, frames[-1].lineno or 0, str(error)
        return PreviewError(f"{at(file, [line])}: {type(error).__name__}: {said}")

    def in_template(self, part: str, line: int, message: str) -> PreviewError:
        """What Handlebars says of a part."""
        return PreviewError(f"{at(self.files.templates[part], [line] if line else [])}: {message}")

    def missing_variable(self, part: str, name: str, known: Iterable[str]) -> PreviewError:
        """A variable that the part names and the mapping does not give."""
        file = self.files.templates[part]
        lines = _lines_with(self.files.read(file).splitlines(), rf"\{{\{{[^}}]*\b{re.escape(name)}\b")
        near = difflib.get_close_matches(name, list(known), 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known))}"
        return PreviewError(f"{at(file, lines)}: {name} is no variable that {self.files.mapping} gives; {hint}")

    def _lines_of_sql(self, pattern: str) -> list[int]:
        """The query's lines that hold it, comments aside."""
        return _lines_with(
            (line.partition("--")[0] for line in self.files.read(self.files.query).splitlines()), pattern
        )

    def _typed(self, path: str) -> str:
        """The file as one would type it."""
        return str(Path(path).relative_to(self.files.root)) if Path(path).is_relative_to(self.files.root) else path


def at(file: str, lines: list[int]) -> str:
    """The file and the line or lines; the file alone if the lines are too many to help."""
    if not 0 < len(lines) <= _LINES_SHOWN:
        return file
    return f"{file}, line {' or '.join(map(str, lines))}"


def _lines_with(lines: Iterable[str], pattern: str) -> list[int]:
    return [number for number, line in enumerate(lines, start=1) if re.search(pattern, line)]
