// The stage's settings, from mail/stages.yml and --param: each is looked at before anything is deployed, and what is computed
// from them is handed to serverless.yml.
"use strict";

const { schedule } = require("./schedule.js");

const FILE = "mail/stages.yml";
// As shared/rendering/addresses.py has it, without domains outside ASCII.
const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
const LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
const ADDRESS = new RegExp(`^(?=.{1,254}$)(?=[^@]{1,64}@)${ATOM}(?:\\.${ATOM})*@(?:${LABEL}\\.)+${LABEL}$`);
// A name is one encoded word at most in a header, which takes 45 bytes (RFC 2047).
const NAMED = /^(?<name>[^"<>@\\\p{C}]*[^"<>@\\\p{C}\s]) <(?<address>[^<>]+)>$/u;
// An alias is none: roles name the key itself (source: sqs-key).
const KEY = /^arn:aws[a-z-]*:kms:(?<region>[a-z0-9-]+):\d{12}:key\/[a-zA-Z0-9-]+$/;
const REGION = /^[a-z]{2}(-[a-z]+)+-\d$/;
// It is a part of names: Glue stores capitals as small letters (source: glue-names), and a rule's name has 64 characters.
const STAGE = /^[a-z0-9-]{1,30}$/;

// What is wanted of a value, in words, and whether it is that.
const wanted = (words, fits) => ({ words, fits });
const address = wanted("an address, such as usage@your-domain.example", (text) => ADDRESS.test(text));
const orEmpty = (one) => wanted(`${one.words}, or empty`, (text) => text === "" || one.fits(text));
const oneOf = (...words) => wanted(words.join(" or "), (text) => words.includes(text));
const whole = (least, most) =>
  wanted(`a whole number from ${least} to ${most}`, (text) => /^\d+$/.test(text) && least <= +text && +text <= most);
const number = (words, fits) => wanted(words, (text) => /^\d+(\.\d+)?$/.test(text) && fits(+text));
const named = wanted("a name of letters, digits, hyphens and underscores, 64 at most", (text) => /^[\w-]{1,64}$/.test(text));
const either = (word, one) => wanted(`${one.words}, or ${word}`, (text) => text === word || one.fits(text));

const SETTINGS = {
  mailKind: wanted("a folder of mail/", (text) => text !== ""), // which ones there are, mail.js knows
  sender: wanted(`${address.words} or Usage at Example <usage@your-domain.example>, the name of 45 bytes at most`, isSender),
  replyTo: orEmpty(address),
  formerSender: orEmpty(address),
  timeZone: wanted("an IANA time zone, such as Europe/Berlin", isTimeZone),
  schedule,
  scheduleState: oneOf("ENABLED", "DISABLED"),
  engine: oneOf("step-functions", "airflow"),
  sweepMinutes: whole(1, 60),
  headroom: number("a share, from 0 to below 1", (share) => share < 1),
  attempts: whole(1, 1000),
  claimConcurrency: whole(1, 10), // as Lambda takes it
  sendBatchSize: either("auto", whole(1, 1000)),
  kmsKey: orEmpty(wanted("a key's ARN, such as arn:aws:kms:eu-central-1:111122223333:key/…", (text) => KEY.test(text))),
  unsubscribe: wanted(
    "the https:// address of a page of yours, ses (SES's own list), or none (this mail needs none)",
    (text) => ["ses", "none"].includes(text) || isHttps(text),
  ),
  contactList: orEmpty(named), // (source: ses-contact-lists)
  contactTopic: orEmpty(named),
  runbook: orEmpty(wanted("the https:// address of docs/runbook.md, where your team reads it", isHttps)),
  tracing: oneOf("off", "on"),
  writers: whole(1, 64),
  maxScanGb: number("a number of gigabytes, from 0.01", (gigabytes) => gigabytes >= 0.01), // (source: athena-cutoff)
  retentionDays: whole(60, 3650),
  addressDays: whole(0, 3650),
  maxRejected: number("a share, from 0 to 1", (share) => share <= 1),
  maxBounced: number("a share, above 0 to 1; 1 never brakes", (share) => share > 0 && share <= 1),
  maxComplained: number("a share, above 0 to 1; 1 never brakes", (share) => share > 0 && share <= 1),
  maxChange: number("a share, from 0; above 1 it lets a month grow that much", () => true),
  claimLeaseS: whole(1, 43200),
  sendLeaseS: whole(1, 43200),
  sendTimeoutS: whole(1, 900), // (source: lambda-limits)
  sesReadTimeoutS: whole(1, 900),
  strandedAfterS: whole(1, 86400),
};

function isSender(text) {
  const named = NAMED.exec(text)?.groups;
  return ADDRESS.test(named ? named.address : text) && Buffer.byteLength(named?.name ?? "") <= 45;
}

function isTimeZone(text) {
  try {
    return /^[A-Za-z]/.test(text) && Boolean(new Intl.DateTimeFormat("en", { timeZone: text }));
  } catch {
    return false;
  }
}

function isHttps(text) {
  return /^https:\/\/[!-~]{1,500}$/.test(text) && !/["'<>#\\{}]/.test(text) && URL.canParse(text);
}

const LONGER = [
  ["claimLeaseS", "sendLeaseS", (more, less) => more > less, "above sendLeaseS"],
  ["sendLeaseS", "sendTimeoutS", (more, less) => more > less, "above sendTimeoutS"],
  ["sendTimeoutS", "sesReadTimeoutS", (more, less) => more >= less + 13, "at least 13 above sesReadTimeoutS"],
];

module.exports = async ({ options, resolveVariable }) => {
  const stage = await resolveVariable("sls:stage");
  const stages = await resolveVariable(`file(./${FILE})`);
  const given = (options.param ?? []).map((one) => one.split("=")[0]);
  const wrong = [...unknown(stages, given), ...(await faults(stage, await resolveVariable("self:provider.region"), resolveVariable))];
  if (!(stage in stages)) wrong.unshift(`${FILE} has no section '${stage}': a stage has one, with a sender at least`);
  if (wrong.length) throw refused(["Nothing was deployed.", ...wrong].join("\n"));
  return computed(stage, resolveVariable);
};

module.exports.names = Object.keys(SETTINGS);

function unknown(stages, given) {
  const places = Object.entries(stages).map(([stage, own]) => [`${FILE}, section '${stage}'`, Object.keys(own ?? {})]);
  return [...places, ["--param", given]].flatMap(([place, names]) =>
    names.filter((name) => !Object.hasOwn(SETTINGS, name)).map((name) => `${place}: there is no setting '${name}'`),
  );
}

async function faults(stage, region, resolveVariable) {
  const found = REGION.test(region) ? [] : [`--region: region is '${region}'; wanted is a name such as eu-central-1`];
  if (!STAGE.test(stage)) found.push(`--stage: stage is '${stage}'; wanted are small letters, digits and hyphens, 30 at most`);
  const values = {};
  for (const [name, { words, fits }] of Object.entries(SETTINGS)) {
    values[name] = String((await valueOf(name, resolveVariable)) ?? "");
    if (!fits(values[name])) found.push(`${FILE} or --param: ${fault(name, values[name], stage)}; wanted is ${words}`);
  }
  const { region: itsRegion = region } = KEY.exec(values.kmsKey)?.groups ?? {};
  if (itsRegion !== region) found.push(`${FILE} or --param: kmsKey is a key in ${itsRegion}; wanted is one in ${region}`);
  if (values.unsubscribe === "ses") {
    const missing = ["contactList", "contactTopic"].filter((name) => !values[name]);
    found.push(...missing.map((name) => `${FILE} or --param: ${fault(name, "", stage)}; unsubscribe: ses needs it`));
  }
  if (found.length) return found;
  return LONGER.filter(([one, other, holds]) => !holds(+values[one], +values[other])).map(
    ([one, other, , words]) => `${FILE} or --param: ${one} is ${values[one]}; wanted is ${words}, which is ${values[other]}`,
  );
}

const fault = (name, value, stage) => (value === "" ? `${name} is not set for stage '${stage}'` : `${name} is '${value}'`);

async function computed(stage, resolveVariable) {
  const sender = await valueOf("sender", resolveVariable);
  const minutes = Number(await valueOf("sweepMinutes", resolveVariable));
  const engine = await valueOf("engine", resolveVariable);
  return {
    claims: engine !== "airflow", // where Airflow sends, the DAG takes the messages, and has a schedule of its own (ADR 46)
    monthly: engine === "airflow" ? "DISABLED" : await valueOf("scheduleState", resolveVariable),
    scanLimit: Math.round(1e9 * (await valueOf("maxScanGb", resolveVariable))),
    database: `onlyonce_${stage.replaceAll("-", "_")}`, // Athena wants no hyphen (source: glue-names)
    senderAddress: NAMED.exec(sender)?.groups.address ?? sender, // an IAM condition knows no name (source: iam-ses-send)
    unsubscribeSecret: ["ses", "none"].includes(await valueOf("unsubscribe", resolveVariable)) ? "" : { Ref: "UnsubscribeSecret" },
    sweepRate: `rate(${minutes} ${minutes === 1 ? "minute" : "minutes"})`, // (source: scheduler-rate)
  };
}

// Of one that nothing sets: null.
const valueOf = (name, resolveVariable) => resolveVariable(`param:${name}, null`);

// osls shows an error's stack where it has one, here its text.
function refused(text) {
  return Object.assign(new Error(text), { stack: text });
}
