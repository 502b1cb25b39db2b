// Traces in X-Ray, where the stage wants them (`tracing: on`). Without that nothing of it is in the template.
"use strict";

const FUNCTIONS = ["Producer", "Claim", "Send", "Sweeper", "Feedback"];

const WRITES = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]; // (source: xray-lambda)
const SAMPLES = ["xray:GetSamplingRules", "xray:GetSamplingTargets"]; // (source: xray-states)

const policy = (roles, actions) => ({
  Type: "AWS::IAM::Policy",
  Properties: {
    PolicyName: "tracing",
    Roles: roles.map((role) => ({ Ref: role })),
    // Traces have no ARN (source: xray-iam).
    PolicyDocument: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: actions, Resource: "*" }] },
  },
});

module.exports = async ({ resolveVariable }) => {
  if ((await resolveVariable("param:tracing")) !== "on") return {};
  const traced = { Properties: { TracingConfig: { Mode: "Active" } } };
  return {
    Resources: {
      SendStateMachine: { Properties: { TracingConfiguration: { Enabled: true } } },
      FunctionsTracing: policy(FUNCTIONS.map((name) => `${name}Role`), WRITES),
      StateMachineTracing: policy(["SendStateMachineRole"], [...WRITES, ...SAMPLES]),
    },
    extensions: Object.fromEntries(FUNCTIONS.map((name) => [`${name}LambdaFunction`, traced])),
  };
};
