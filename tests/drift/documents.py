"""The documents as a reader meets them: their commands, their inline code, their links."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
MARKER = "needs an aws account"
"""Stands in the paragraph before a block, or in the document's first section, where its commands need one."""
SHOWN = ("text", "mermaid", "yaml", "sql")
"""Languages of blocks that nobody types."""
_FENCE = re.compile(r" *```(\w*)$")
_INDENTED = re.compile(r" {4,}\S")


@dataclass(frozen=True)
class Command:
    """One simple command of a line: its words, without comment and redirection."""

    document: Path
    line: int
    words: tuple[str, ...]
    account: bool
    """The document says that it needs an AWS account."""
    local: bool
    """It goes to the embedded AWS, whose environment the line has read."""

    def __str__(self) -> str:
        return f"{self.document.relative_to(ROOT)}:{self.line}: {' '.join(self.words)}"


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def commands(document: Path) -> Iterator[Command]:
    """Every command in the document's blocks."""
    text = document.read_text()
    for number, line, before in block_lines(text):
        account = MARKER in before or MARKER in _opening(text)
        parts = list(_simple(line))
        local = (".", ".local/env") in parts
        yield from (Command(document, number, part, account, local) for part in parts)


def _opening(text: str) -> str:
    return " ".join(text.partition("\n## ")[0].lower().split())


def block_lines(text: str) -> Iterator[tuple[int, str, str]]:
    """Each line of a block to type: its number, itself, and the paragraph before the block."""
    paragraph, language, in_block, blank = "", "", False, True
    for number, line in enumerate(text.splitlines(), start=1):
        if fence := _FENCE.match(line):
            in_block, language = not in_block, fence[1]
        elif in_block or (_INDENTED.match(line) and blank):
            if language not in SHOWN and line.strip():
                yield number, line.strip(), " ".join(paragraph.lower().split())
            continue  # the next line is of the same block
        elif line.strip():
            paragraph = f"{'' if blank else paragraph} {line}"
        language = language if in_block else ""
        blank = not line.strip()


def _simple(line: str) -> Iterator[tuple[str, ...]]:
    """The commands that a line of the shell is made of."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words: list[str] = []
    for word in lexer:
        if word in ("&&", "|", ";"):
            yield tuple(words)
            words = []
        else:
            words.append(word)
    if ">" in words:
        words = words[: words.index(">")]
    yield tuple(words)


def prose(document: Path) -> str:
    """The text without its blocks."""
    text = re.sub(r"^ *```\w*$.*?^ *```$", "", document.read_text(), flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"^ {4,}\S.*$", "", text, flags=re.MULTILINE)


def inline(document: Path) -> list[str]:
    """Every piece of code within the text; it may go over the end of a line."""
    return [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", prose(document))]


def links(document: Path) -> list[str]:
    """Where its links and pictures lead, within the repository."""
    text = prose(document)
    found = re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", text)) + re.findall(r'src="([^"]+)"', text)
    return [target for target in found if not target.startswith(("http:", "https:", "mailto:"))]


def anchors(document: Path) -> set[str]:
    """Of its headings, as the usual hosts make them."""
    text = re.sub(r"^ *```\w*$.*?^ *```$", "", document.read_text(), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
