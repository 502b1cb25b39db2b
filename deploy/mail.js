// The stage's kind of mail, for CloudFormation: the table of events, the template's three parts, and a name that holds their
// hash, so that a message in flight is rendered by the template it was produced for. Another edition gives the same parts
// another name (docs/deploying.md, "The mail").
"use strict";

const { createHash } = require("node:crypto");
const { existsSync } = require("node:fs");
const { readdir, readFile } = require("node:fs/promises");
const path = require("node:path");

const tableOf = require("./events_table.js");

const MAIL = path.join(__dirname, "..", "mail");

module.exports = async ({ resolveVariable }) => {
  const kind = await resolveVariable("param:mailKind");
  const read = await reader(kind);
  const [subject, text, html] = await Promise.all(["subject", "text", "html"].map((part) => read(`${part}.hbs`)));
  const edition = await resolveVariable("param:templateEdition");
  const stack = await resolveVariable("self:custom.stack");
  const hash = createHash("sha256").update(JSON.stringify([edition, subject, text, html])).digest("hex").slice(0, 12);
  const table = tableOf(await read("events.ddl.sql"), `mail/${kind}/events.ddl.sql`, refused);
  return { name: `${stack}-${kind}-${hash}`, subject: subject.trim(), text, html, table };
};

async function reader(kind) {
  const known = (await readdir(MAIL)).filter((name) => existsSync(path.join(MAIL, name, "query.sql"))).sort();
  if (!known.includes(kind)) {
    throw refused(`mailKind is '${kind}', and mail/ has no such folder; it has ${known.join(", ")}`);
  }
  return (file) => readFile(path.join(MAIL, kind, file), "utf8");
}

// osls shows an error's stack where it has one, here its text.
function refused(text) {
  return Object.assign(new Error(text), { stack: text });
}
