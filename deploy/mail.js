// The stage's kind of mail, looked at before anything is deployed: its parts are Handlebars, and its table of events becomes
// CloudFormation's. SES's template is made by the functions (ADR 25).
"use strict";

const { existsSync } = require("node:fs");
const { readdir, readFile } = require("node:fs/promises");
const path = require("node:path");

const Handlebars = require("handlebars");

const tableOf = require("./events_table.js");

const TEMPLATE_NAME_CHARACTERS = 64;
const HASH_CHARACTERS = 12;
const MAIL = path.join(__dirname, "..", "mail");

module.exports = async ({ resolveVariable }) => {
  const kind = await resolveVariable("param:mailKind");
  const read = await reader(kind);
  const unsubscribe = await resolveVariable("param:unsubscribe");
  checkName(await resolveVariable("self:custom.stack"), kind);
  for (const part of ["subject", "text", "html"]) {
    checkHandlebars(await read(`${part}.hbs`), `mail/${kind}/${part}.hbs`);
  }
  for (const part of unsubscribe === "none" ? [] : ["text", "html"]) {
    checkLink(await read(`${part}.hbs`), `mail/${kind}/${part}.hbs`, unsubscribe);
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

// SES's template is called STACK-KIND-HASH (source: ses-templates).
function checkName(stack, kind) {
  const most = TEMPLATE_NAME_CHARACTERS - `${stack}--`.length - HASH_CHARACTERS;
  if (!/^[A-Za-z0-9_-]+$/.test(kind) || kind.length > most) {
    throw refused(`mailKind is '${kind}'; wanted are letters, digits, hyphens and underscores, at most ${most} for the stack ${stack}`);
  }
}

// As SES takes it (source: ses-handlebars). What it refuses beside that stops the first month.
function checkHandlebars(text, file) {
  try {
    Handlebars.precompile(text);
  } catch (error) {
    throw refused(`${file} is not Handlebars. ${error.message}`);
  }
}

// Whoever gets the mail sees where to unsubscribe, in either part. Of SES's list, too, the files say unsubscribe_url: what SES
// wants there, it is told when its template is made (ADR 31).
function checkLink(text, file, unsubscribe) {
  if (!/\{\{\{?\s*(html\.)?unsubscribe_url\s*\}?\}\}/.test(text)) {
    const shown = file.endsWith("html.hbs") ? '<a href="{{html.unsubscribe_url}}">' : "{{{unsubscribe_url}}}";
    throw refused(`${file} shows no link to unsubscribe, and unsubscribe is '${unsubscribe}'; wanted is ${shown} somewhere`);
  }
}

// osls shows an error's stack where it has one, here its text.
function refused(text) {
  return Object.assign(new Error(text), { stack: text });
}
