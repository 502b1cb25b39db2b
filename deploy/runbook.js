// Where an operator reads what an alarm means: its section of docs/runbook.md, at the address where the team has it (the
// setting `runbook`), or in plain words.
"use strict";

const { readFileSync } = require("node:fs");
const path = require("node:path");

const FILE = "docs/runbook.md";

// From an alarm's name to the anchor of its section, as the usual hosts make it of the heading.
function anchors() {
  const text = readFileSync(path.join(__dirname, "..", FILE), "utf8");
  const headings = [...text.matchAll(/^### (.+)$/gm)].map(([, heading]) => heading);
  return Object.fromEntries(
    headings.flatMap((heading) => [...heading.matchAll(/\w+Alarm\b/g)].map(([name]) => [name, anchorOf(heading)])),
  );
}

const anchorOf = (heading) =>
  heading
    .toLowerCase()
    .replace(/[^\w -]/g, "")
    .replaceAll(" ", "-");

const where = (runbook, anchor, words) => (runbook ? `${runbook}#${anchor}` : `${FILE}, ${words}`);

module.exports = { FILE, anchors, anchorOf, where };
