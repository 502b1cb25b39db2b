"""mail/usage's HTML part, judged by what mail clients support: caniemail's data, by its linter.

Judged are features that a client does not support at all. What it calls partial speaks of a feature's other values (negative
margins, percentages of an image, …), and of nearly all features there is a client with one.
"""

import json
import subprocess
from typing import Any

import pytest

from tests.unit.mail.cases import CASES
from tests.unit.mail.test_templates import ROOT, render

LINT = """
import { caniemail } from "caniemail";
import { readFileSync } from "node:fs";
const { issues } = caniemail({ clients: ["*"], html: readFileSync(0, "utf8") });
const found = [...issues.errors].flatMap(([client, all]) => all.map(({ title }) => [title, client]));
process.stdout.write(JSON.stringify(found));
"""
ACCEPTED = {
    "<style> element": "every style that the mail needs is inline; this one is for narrow windows and the dark",
    "@media": "as above: without it the mail is wide and light, and its two columns still fit",
    "<body> element": "clients that show mails in a page make a <div> of it; the table cell below has the colour too",
    "display:none": "the preheader shows as a first line there",
    "overflow": "of the preheader, which has display:none and mso-hide as well",
    "border-radius": "corners are square there",
    "text-decoration": "a link is underlined anyway, or told by its colour",
    "lang attribute": "for screen readers; the client reads in its own language",
    "aria-label attribute": "for screen readers",
    "aria-hidden attribute": "for screen readers, which then name an empty cell",
    "role attribute": "for screen readers, which then name the tables",
    "width attribute": "the style says it too",
    "height attribute": "the style says it too",
    "height property": "min-height takes its place there, and the bars have a line's height as well",
}
"""Features that some client lacks, each with what becomes of the mail there."""


def lint(html: str) -> set[str]:
    """The features that some client does not support."""
    done = subprocess.run(
        ["node", "--input-type=module", "-e", LINT],
        input=html, capture_output=True, text=True, check=True, cwd=ROOT, timeout=60,
    )  # fmt: skip
    found: list[tuple[str, str]] = json.loads(done.stdout)
    return {title for title, _ in found}


@pytest.fixture(scope="module")
def found() -> dict[str, set[str]]:
    return {name: lint(render(variables)["html"]) for name, variables in CASES.items()}


@pytest.mark.parametrize("case", CASES)
def test_the_mail_needs_nothing_that_a_client_lacks(found: dict[str, Any], case: str) -> None:
    assert found[case] - set(ACCEPTED) == set()


def test_what_is_accepted_is_still_used(found: dict[str, Any]) -> None:
    assert set(ACCEPTED) == set.union(*found.values())


@pytest.mark.parametrize(
    ("broken", "feature"),
    [
        ('<div style="display:flex">', "display:flex"),
        ('<div style="position:absolute;top:0">', "position"),
        ('<p style="background-image:url(a.png)">', "background-image"),
        ('<style>@font-face { font-family: "Ours" }</style><p>', "@font-face"),
        ("<form>", "<form> element"),
    ],
)
def test_what_is_not_for_mails_is_found(broken: str, feature: str) -> None:
    assert feature in lint(f"<!doctype html><html><body>{broken}x</body></html>") - set(ACCEPTED)
