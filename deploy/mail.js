// The mail template for CloudFormation: its three parts, and a name that holds their hash, so that a message in flight is
// rendered by the template it was produced for. Another edition gives the same parts another name (README, "Make it yours").
"use strict";

const { createHash } = require("node:crypto");
const { readFile } = require("node:fs/promises");
const path = require("node:path");

const FOLDER = path.join(__dirname, "..", "mail", "usage");

module.exports = async ({ resolveVariable }) => {
  const [subject, text, html] = await Promise.all(
    ["subject", "text", "html"].map((part) => readFile(path.join(FOLDER, `${part}.hbs`), "utf8")),
  );
  const edition = await resolveVariable("param:templateEdition");
  const stack = await resolveVariable("self:custom.stack");
  const hash = createHash("sha256").update(JSON.stringify([edition, subject, text, html])).digest("hex").slice(0, 12);
  return { name: `${stack}-usage-${hash}`, subject: subject.trim(), text, html };
};
