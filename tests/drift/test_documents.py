"""What the documents say of the protocol and of its proof is what these are."""

from pathlib import Path

import pytest

from docs.render import documents


@pytest.mark.parametrize(
    ("path", "text"), documents().items(), ids=lambda one: one.name if isinstance(one, Path) else ""
)
def test_a_document_says_what_is_known_elsewhere(path: Path, text: str) -> None:
    assert path.read_text() == text, "`make docs` writes it anew"
