"""A figure as SVG that stands in a page: in the page's own colours, readable aloud, and safe beside another figure."""

import hashlib
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import matplotlib as mpl
from matplotlib.figure import Figure

INK, LINE, ACCENT, GOOD, BAD, MIND = "#010101", "#010102", "#010103", "#010104", "#010105", "#010106"
"""Colours to draw with: each becomes the page's own, in light and in dark (ops/pages/style.css)."""
_OF_PAGE = {INK: "ink", LINE: "line", ACCENT: "accent", GOOD: "good", BAD: "bad", MIND: "mind"}
_SVG, _XLINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"
_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "onlyonce",
    "svg.fonttype": "none",
    "font.size": 9.0,
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.labelcolor": INK,
    "axes.facecolor": "none",
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.facecolor": "none",
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
}
_DRAWING = Lock()
"""matplotlib's settings are the process's, and a server draws for several pages at a time."""


@contextmanager
def drawing() -> Iterator[None]:
    """What is drawn in here looks as our charts do, whatever the machine's own settings are."""
    with _DRAWING, mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield


def as_svg(figure: Figure, title: str, description: str) -> str:
    """The picture as an element of HTML, the same for the same figure. Call it inside `drawing`.

    It has no style of its own (matplotlib's would hold for the whole page, and a page's policy may forbid it), and no
    name that a second picture on the page has too.
    """
    written = io.StringIO()
    figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    root = ElementTree.fromstring(written.getvalue())
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{_SVG}metadata", f"{_SVG}style"):
                parent.remove(child)
    digest = hashlib.sha256((title + description + written.getvalue()).encode()).hexdigest()[:8]
    _rename(root, f"c{digest}-")
    for element in root.iter():
        _dress(element)
    return _page_element(root, title, description, f"c{digest}-")


def _rename(root: Element, prefix: str) -> None:
    """What something refers to gets the prefix; other names go."""
    for element in root.iter():
        element.attrib.pop("id", None) if element.tag == f"{_SVG}g" else None
        if "id" in element.attrib:
            element.set("id", prefix + element.attrib["id"])
        if reference := element.attrib.pop(f"{_XLINK}href", ""):
            element.set("href", f"#{prefix}{reference.removeprefix('#')}")
        if clip := element.get("clip-path"):
            element.set("clip-path", clip.replace("url(#", f"url(#{prefix}"))


def _dress(element: Element) -> None:
    """Styles as attributes, in the page's colours and its font."""
    element.tag = element.tag.removeprefix(_SVG)
    element.tail = None
    element.text = element.text if element.tag == "text" else None
    for entry in element.attrib.pop("style", "").split(";"):
        name, _, value = entry.strip().partition(": ")
        if name and name != "font-family":
            element.set(name, f"var(--{_OF_PAGE[value]})" if value in _OF_PAGE else value)
    if "d" in element.attrib:
        element.set("d", re.sub(r"\s+", " ", re.sub(r"(\.\d\d)\d+", r"\1", element.attrib["d"])).strip())


def _page_element(root: Element, title: str, description: str, prefix: str) -> str:
    named = {}
    for tag, text in (("desc", description), ("title", title)):
        words = Element(tag, id=f"{prefix}{tag}")
        words.text = text
        root.insert(0, words)
        named[tag] = words.attrib["id"]
    root.attrib = {
        "class": "chart",
        "viewBox": root.attrib["viewBox"],
        "role": "img",
        "aria-labelledby": f"{named['title']} {named['desc']}",
        "stroke-linejoin": "round",
        "font-family": "inherit",
    }
    return ElementTree.tostring(root, encoding="unicode")
