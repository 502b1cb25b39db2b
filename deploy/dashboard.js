// The dashboard of a stage in CloudWatch: what moves, what it moves against, what stands in its way, and what it costs.
// deploy/alarms.yml says what must not wait in silence; this is what somebody looks at.
"use strict";

const show = require("./dashboard_widgets.js");

const GRID = 24; // columns (source: cw-dashboard-body)

// Each row's widgets side by side, each row below the one before.
const placed = (rows) => {
  let y = 0;
  return rows.flatMap(([height, ...widgets]) => {
    let x = 0;
    const row = widgets.map(({ type, width, properties }) => {
      const widget = { type, x, y, width, height, properties };
      x += width;
      return widget;
    });
    if (x > GRID) throw new Error(`deploy/dashboard.js: a row is ${x} columns wide; there are ${GRID}`);
    y += height;
    return row;
  });
};

module.exports = async ({ resolveVariable }) => {
  const stack = await resolveVariable("self:custom.stack");
  const address = await resolveVariable("param:runbook");
  const alarms = Object.keys(await resolveVariable("file(./deploy/alarms.yml)"));
  const tables = await resolveVariable("file(./deploy/tables.yml)");
  const indexes = tables.Resources.OutboxTable.Properties.GlobalSecondaryIndexes.map(({ IndexName }) => IndexName);
  const usual = await resolveVariable("self:provider.memorySize");
  const memory = {};
  for (const name of show.FUNCTIONS) memory[name] = (await resolveVariable(`self:functions.${name}.memorySize, null`)) ?? usual;
  const own = (service) => [stack, "service", service];
  const widgets = placed([
    [6, show.words(stack, address), show.states(alarms)],
    [7, show.curve(own), show.held(own)],
    [6, show.statuses(own), show.lateness(own)],
    [6, show.refusals(own), show.behind(), show.reputation()],
    [6, show.ofEach("Errors"), show.ofEach("Throttles"), show.cost(indexes, memory)],
  ]);
  return {
    Resources: {
      Dashboard: {
        Type: "AWS::CloudWatch::Dashboard",
        Properties: {
          // Dashboards are the account's, not a region's (source: cw-dashboard).
          DashboardName: { "Fn::Sub": `${stack}-\${AWS::Region}` },
          DashboardBody: { "Fn::Sub": JSON.stringify({ start: "-PT6H", widgets }) },
        },
      },
    },
  };
};
