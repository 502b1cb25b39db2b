// The alarms for CloudFormation: one of each entry in alarms.yml, and the topic that all of them tell.
"use strict";

const runbook = require("./runbook.js");

// Namespace and dimension of a metric, by what it is counted for. What is counted for the account has no dimension.
const SOURCES = {
  service: (name, stack) => [stack, { Name: "service", Value: name }],
  function: (name) => ["AWS/Lambda", { Name: "FunctionName", Value: { Ref: `${capitalized(name)}LambdaFunction` } }],
  account: (namespace) => [namespace],
  queue: (name) => ["AWS/SQS", { Name: "QueueName", Value: { "Fn::GetAtt": [name, "QueueName"] } }],
};

const capitalized = (name) => name[0].toUpperCase() + name.slice(1);

const condition = (above, below, missing) =>
  below === undefined
    ? { Threshold: above, ComparisonOperator: "GreaterThanThreshold", TreatMissingData: missing }
    : { Threshold: below, ComparisonOperator: "LessThanThreshold", TreatMissingData: "breaching" };

// The sweeper measures at the end of each sweep, which may take four minutes, and starts within a minute of its time (source:
// scheduler). A period that can be without a sweep would end a lasting alarm again and again.
const SWEEP_TAKES = 5;

const ANCHORS = runbook.anchors();

const alarm = (stack, sweepMinutes, address, name, entry) => {
  const { metric, statistic, minutes = 5, periods = 1, above = 0, below, missing = "notBreaching", says, ...source } = entry;
  const [kind, ...others] = Object.keys(source);
  if (others.length || !(kind in SOURCES)) {
    const found = Object.keys(source).join(", ") || "none";
    throw new Error(`deploy/alarms.yml, ${name}: ${found} where exactly one of ${Object.keys(SOURCES).join(", ")} belongs`);
  }
  if (!(name in ANCHORS)) throw new Error(`deploy/alarms.yml, ${name}: ${runbook.FILE} has no section on it`);
  const [namespace, dimension] = SOURCES[kind](source[kind], stack);
  return {
    Type: "AWS::CloudWatch::Alarm",
    Properties: {
      AlarmDescription: `${says}. Runbook: ${runbook.where(address, ANCHORS[name], name)}`,
      Namespace: namespace,
      MetricName: metric,
      Dimensions: dimension ? [dimension] : [],
      Statistic: statistic,
      Period: 60 * (source[kind] === "sweeper" ? Math.max(minutes, sweepMinutes + SWEEP_TAKES) : minutes),
      EvaluationPeriods: periods,
      ...condition(above, below, missing),
      AlarmActions: [{ Ref: "AlarmTopic" }],
    },
  };
};

// Alarms of this stack alone may ring: in this account, with the stack's name at the head of theirs. Nobody may without TLS.
const topicPolicy = (stack) => ({
  Type: "AWS::SNS::TopicPolicy",
  Properties: {
    Topics: [{ Ref: "AlarmTopic" }],
    PolicyDocument: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: "sns:Publish",
          Principal: { Service: "cloudwatch.amazonaws.com" },
          Resource: { Ref: "AlarmTopic" },
          Condition: {
            StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } },
            ArnLike: {
              "aws:SourceArn": {
                "Fn::Sub": `arn:\${AWS::Partition}:cloudwatch:\${AWS::Region}:\${AWS::AccountId}:alarm:${stack}-*`,
              },
            },
          },
        },
        {
          Effect: "Deny",
          Action: "sns:Publish",
          Principal: "*",
          Resource: { Ref: "AlarmTopic" },
          Condition: { Bool: { "aws:SecureTransport": "false" } }, // (source: sns-tls)
        },
      ],
    },
  },
});

module.exports = async ({ resolveVariable }) => {
  const stack = await resolveVariable("self:custom.stack");
  const sweepMinutes = Number(await resolveVariable("param:sweepMinutes"));
  const address = await resolveVariable("param:runbook");
  const entries = Object.entries(await resolveVariable("file(./deploy/alarms.yml)"));
  const alarms = entries.map(([name, entry]) => [name, alarm(stack, sweepMinutes, address, name, entry)]);
  const topic = { Type: "AWS::SNS::Topic", Properties: { TopicName: `${stack}-alarms` } };
  return { Resources: { AlarmTopic: topic, AlarmTopicPolicy: topicPolicy(stack), ...Object.fromEntries(alarms) } };
};
