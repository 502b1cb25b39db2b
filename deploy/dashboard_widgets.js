// The widgets of the dashboard, each but for its place and height.
"use strict";

const runbook = require("./runbook.js");

const FUNCTIONS = ["producer", "claim", "send", "sweeper", "feedback"];
const BY = {
  claim: ["claim"],
  send: ["mark_sent", "mark_uncertain", "fail"],
  feedback: ["mark_delivered", "mark_bounced", "mark_complained", "mark_suppressed"],
};
const WITHOUT_ALARM = ["A wrong text goes out: stop", "A bad deployment", "Too many mails bounce", "SES suspended the account"];

// One line of a graph: [namespace, metric, dimension, value, …, how it is shown] (source: cw-dashboard-body).
const line = (source, metric, shown) => [source[0], metric, ...source.slice(1), shown];
const lambda = (name) => ["AWS/Lambda", "FunctionName", `\${${name[0].toUpperCase()}${name.slice(1)}LambdaFunction}`];
const hidden = (id, stat = "Sum") => ({ id, stat, visible: false });
const math = (id, expression, label, more = {}) => [{ id, expression, label, ...more }];

// The console widens periods with the time that it shows: what is counted is shown by time, so that a graph keeps its scale.
const perSecond = (id) => `FILL(${id}, 0) / PERIOD(${id})`;
const perMinute = (id) => `60 * ${perSecond(id)}`;

const graph = (width, title, metrics, more = {}) => ({
  type: "metric",
  width,
  properties: { title, region: "${AWS::Region}", view: "timeSeries", stacked: false, period: 60, metrics, ...more },
});
const axis = (label, more = {}) => ({ yAxis: { left: { label, min: 0, showUnits: false, ...more } } });

const curve = (own) =>
  graph(
    16,
    "Mails a second, against what the quota allows",
    [
      line(own("send"), "mark_sent", hidden("sent")),
      math("rate", perSecond("sent"), "sent", { color: "#1f77b4" }),
      line(own("sweeper"), "pace", hidden("pace", "Maximum")),
      math("quota", "FILL(pace, REPEAT)", "allowed: the quota, less headroom and what SES refused", { color: "#d62728" }),
    ],
    axis("mails a second"),
  );

const held = (own) =>
  graph(
    8,
    "Waits for a person",
    ["held", "paused", "runs_waiting", "unaccounted"].map((name) => line(own("sweeper"), name, { stat: "Maximum", label: name })),
    axis("number"),
  );

const statuses = (own) =>
  graph(
    12,
    "What becomes of messages, by the minute",
    Object.entries(BY).flatMap(([service, names]) =>
      names.flatMap((name) => [line(own(service), name, hidden(`n_${name}`)), math(`m_${name}`, perMinute(`n_${name}`), name)]),
    ),
    axis("messages a minute"),
  );

const lateness = (own) =>
  graph(
    12,
    "How late functions wake up; messages that came too late for their slot",
    [
      ...["Average", "Maximum"].map((stat) => line(own("send"), "wake_late_ms", { stat, label: `wake_late_ms, ${stat.toLowerCase()}` })),
      line(own("send"), "put_off", { stat: "Sum", label: "put_off", yAxis: "right" }),
    ],
    { yAxis: { left: { label: "milliseconds", showUnits: false }, right: { label: "messages", min: 0, showUnits: false } } },
  );

const refusals = (own) =>
  graph(
    8,
    "Refused: not now (snooze), given back (release), for a whole round",
    ["snooze", "release", "round_given_up"].flatMap((name) => [
      line(own("send"), name, hidden(`n_${name}`)),
      math(`m_${name}`, perMinute(`n_${name}`), name),
    ]),
    axis("messages a minute"),
  );

const behind = () =>
  graph(
    8,
    "Age of the stream, dead letters",
    [
      line(lambda("claim"), "IteratorAge", { stat: "Maximum", label: "claim is behind by" }),
      line(["AWS/SQS", "QueueName", "${DeadLetters.QueueName}"], "ApproximateNumberOfMessagesVisible", {
        stat: "Maximum",
        label: "dead letters",
        yAxis: "right",
      }),
    ],
    { yAxis: { left: { label: "milliseconds", min: 0, showUnits: false }, right: { label: "number", min: 0, showUnits: false } } },
  );

const reputation = () =>
  graph(
    8,
    "The account's reputation: AWS's review begins at 5 % bounces, 0.1 % complaints",
    ["BounceRate", "ComplaintRate"].map((name, number) => [
      "AWS/SES",
      `Reputation.${name}`,
      { stat: "Maximum", label: name, yAxis: ["left", "right"][number] },
    ]),
    {
      period: 3600,
      yAxis: { left: { label: "bounces", min: 0, showUnits: false }, right: { label: "complaints", min: 0, showUnits: false } },
      annotations: {
        horizontal: [
          { value: 0.05, label: "review", yAxis: "left" },
          { value: 0.001, label: "review", yAxis: "right" },
        ],
      },
    },
  );

const ofEach = (metric) =>
  graph(
    8,
    `${metric} of the functions`,
    FUNCTIONS.map((name) => line(lambda(name), metric, { stat: "Sum", label: name })),
    axis("number"),
  );

// In the units that AWS charges by: what they cost depends on the region.
const cost = (indexes, memory) => {
  const table = ["AWS/DynamoDB", "TableName", "${OutboxTable}"];
  const written = [table, ...indexes.map((name) => [...table, "GlobalSecondaryIndexName", name])];
  const worked = FUNCTIONS.map((name) => `d_${name} * ${memory[name]} / 1024 / 1000`).join(" + ");
  return graph(
    8,
    "What is charged, in the time shown",
    [
      ...written.map((source, number) => line(source, "ConsumedWriteCapacityUnits", hidden(`w${number}`))),
      math("writes", written.map((_, number) => `w${number}`).join(" + "), "outbox: write units"),
      line(table, "ConsumedReadCapacityUnits", { stat: "Sum", label: "outbox: read units" }),
      line(["AWS/States", "StateMachineArn", "${SendStateMachine}"], "ExecutionsStarted", { stat: "Sum", label: "executions" }),
      ...FUNCTIONS.map((name) => line(lambda(name), "Duration", hidden(`d_${name}`))),
      math("work", worked, "Lambda: GB-seconds"),
    ],
    { view: "singleValue", setPeriodToTimeRange: true },
  );
};

const words = (stack, address) => {
  const link = (heading) => {
    const found = runbook.where(address, runbook.anchorOf(heading), heading);
    return address ? `[${heading}](${found})` : found;
  };
  const text = [
    `## ${stack}`,
    "The runbook has a section on each alarm; an alarm's text leads there.",
    WITHOUT_ALARM.map((heading) => `- ${link(heading)}`).join("\n"),
    "Made by deploy/dashboard.js: a deployment undoes what is changed here.",
  ];
  return { type: "text", width: 8, properties: { markdown: text.join("\n\n") } };
};

const states = (alarms) => ({
  type: "alarm",
  width: 16,
  properties: { title: "Alarms", alarms: alarms.map((name) => `\${${name}.Arn}`), sortBy: "stateUpdatedTimestamp" },
});

module.exports = { FUNCTIONS, behind, cost, curve, held, lateness, ofEach, refusals, reputation, states, statuses, words };
