// Whether a text is an expression of EventBridge Scheduler (source: scheduler-expressions).
"use strict";

const WORDS = "cron(minutes hours day-of-month month day-of-week year) with ? for one of the days, rate(5 minutes) or at(2026-11-01T06:00:00)";
const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const UNITS = ["minute", "hour", "day"];

// A field's least and greatest number, its names from the least on, and what else it may be.
const FIELDS = [
  { least: 0, most: 59 },
  { least: 0, most: 23 },
  { least: 1, most: 31, else: /^(\?|L|LW|([1-9]|[12]\d|3[01])W)$/ },
  { least: 1, most: 12, names: MONTHS },
  { least: 1, most: 7, names: DAYS, else: /^(\?|L|([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)(L|#[1-5]))$/ },
  { least: 1970, most: 2199 },
];

function numberIn(field, text) {
  const value = field.names?.includes(text) ? field.least + field.names.indexOf(text) : /^\d+$/.test(text) ? +text : NaN;
  return field.least <= value && value <= field.most;
}

function fits(field, text) {
  if (field.else?.test(text)) return true;
  return text.split(",").every((part) => {
    const [range, step, ...more] = part.split("/");
    const stepped = step === undefined || (/^\d+$/.test(step) && +step > 0);
    const ends = range.split("-");
    return !more.length && stepped && (range === "*" || (ends.length <= 2 && ends.every((end) => numberIn(field, end))));
  });
}

function isCron(text) {
  const fields = /^cron\((.*)\)$/.exec(text)?.[1].split(/ +/) ?? [];
  const ofDays = [fields[2], fields[4]].filter((day) => day === "?");
  return fields.length === FIELDS.length && ofDays.length === 1 && FIELDS.every((field, i) => fits(field, fields[i]));
}

function isRate(text) {
  const [, value, unit, plural] = /^rate\(([1-9]\d*) (\w+?)(s?)\)$/.exec(text) ?? [];
  return UNITS.includes(unit) && (value === "1") === (plural === "");
}

function isTime(text) {
  const [, time] = /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)$/.exec(text) ?? [];
  return time !== undefined && new Date(`${time}Z`).toJSON()?.slice(0, 19) === time;
}

module.exports.schedule = { words: WORDS, fits: (text) => isCron(text) || isRate(text) || isTime(text) };
