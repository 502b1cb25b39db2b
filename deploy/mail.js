// The stage's kind of mail, looked at before anything is deployed: its parts are Handlebars, and its table of events becomes
// CloudFormation's. SES's template is made by the functions (ADR 25).
"use strict";

const { existsSync } = require("node:fs");
const { readdir, readFile } = require("node:fs/promises");
const path = require("node:path");

const Handlebars = require("handlebars");

const tableOf = require("./events_table.js");

const MAIL = path.join(__dirname, "..", "mail");

module.exports = async ({ resolveVariable }) => {
  const kind = await resolveVariable("param:mailKind");
  const read = await reader(kind);
  for (const part of ["subject", "text", "html"]) {
    checkHandlebars(await read(`${part}.hbs`), `mail/${kind}/${part}.hbs`);
  }
  return { table: tableOf(await read("events.ddl.sql"), `mail/${kind}/events.ddl.sql`, refused) };
};

async function reader(kind) {
  const known = (await readdir(MAIL)).filter((name) => existsSync(path.join(MAIL, name, "query.sql"))).sort();
  if (!known.includes(kind)) {
    throw refused(`mailKind is '${kind}', and mail/ has no such folder; it has ${known.join(", ")}`);
  }
  return (file) => readFile(path.join(MAIL, kind, file), "utf8");
}

// As SES takes it (source: ses-handlebars). What it refuses beside that stops the first month.
function checkHandlebars(text, file) {
  try {
    Handlebars.precompile(text);
  } catch (error) {
    throw refused(`${file} is not Handlebars. ${error.message}`);
  }
}

// osls shows an error's stack where it has one, here its text.
function refused(text) {
  return Object.assign(new Error(text), { stack: text });
}
