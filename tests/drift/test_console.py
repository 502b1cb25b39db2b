"""What the console serves ↔ package.json and the package that is installed."""

import json
import re
from pathlib import Path

import pytest

from ops.console.app import STATIC
from tests.drift.documents import ROOT

INSTALLED = ROOT / "node_modules" / "htmx.org"


def test_htmx_is_the_one_that_is_pinned() -> None:
    """The file is served from here: the command runs without node_modules."""
    licence, _, code = STATIC["htmx.min.js"].read_text("utf-8").partition("\n")
    version = json.loads((ROOT / "package.json").read_text())["devDependencies"]["htmx.org"]
    assert licence.startswith(f"/*! htmx.org {version}, Zero-Clause BSD:")
    assert code == (INSTALLED / "dist" / "htmx.min.js").read_text("utf-8")
    assert "Zero-Clause BSD" in (INSTALLED / "LICENSE").read_text("utf-8")


@pytest.mark.parametrize("path", sorted((ROOT / "ops" / "console" / "templates").iterdir()), ids=lambda path: path.name)
def test_a_template_uses_what_htmx_knows(path: Path) -> None:
    """Version 4 has given attributes and events other names: a wrong one does nothing, and says nothing."""
    code = (INSTALLED / "dist" / "htmx.js").read_text("utf-8")
    used = set(re.findall(r"\bhx-([a-z]+)", path.read_text("utf-8")))
    assert {name for name in used if f"hx-{name}" not in code} == set()


def test_the_script_listens_to_events_that_htmx_has() -> None:
    code = (INSTALLED / "dist" / "htmx.js").read_text("utf-8")
    events = re.findall(r"\"htmx:([A-Za-z:]+)\"", STATIC["live.js"].read_text("utf-8"))
    assert events
    assert [event for event in events if f"htmx:{event}" not in code and f"'{event}'" not in code] == []
