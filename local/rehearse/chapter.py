"""docs/rehearsing.md: what each scene printed, between two marks. What is around the marks is written by hand."""

import re
from collections.abc import Sequence

from local.stack.embedded_aws import ROOT

PATH = ROOT / "docs/rehearsing.md"
_BLOCK = re.compile(r"<!-- scene: (?P<name>[a-z-]+) -->\n```text\n(?P<text>.*?)\n```\n<!-- end of scene -->", re.DOTALL)


def blocks(text: str) -> dict[str, str]:
    """What each scene printed, by its name."""
    return {block["name"]: block["text"] for block in _BLOCK.finditer(text)}


def write(name: str, printed: Sequence[str]) -> None:
    """Put it in the place of what the scene printed before. Raises KeyError if the chapter has no place for it."""
    text = PATH.read_text()
    if name not in blocks(text):
        raise KeyError(f"{PATH.name} has no place for the scene {name}")
    lines = "\n".join([f"$ make rehearse SCENE={name} PLAY=1", *printed])
    shown = "\n".join(line.rstrip() for line in lines.splitlines())
    block = f"<!-- scene: {name} -->\n```text\n{shown}\n```\n<!-- end of scene -->"
    PATH.write_text(_BLOCK.sub(lambda found: block if found["name"] == name else found[0], text))
