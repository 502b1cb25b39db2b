// What Airflow's tasks may do, where the stage is theirs (`engine: airflow`): a policy to attach to the role of the connection
// `onlyonce_aws`. It is what producer, claim and send may do, without what only Lambda does in their names.
"use strict";

const ROLES = ["ProducerRole", "ClaimRole", "SendRole"];
const OF_LAMBDA = /^(logs|states|sqs|lambda):|^dynamodb:(GetRecords|GetShardIterator|DescribeStream|ListStreams)$/;
const SETTINGS = ["producer", "claim", "send"]; // whose settings are the DAG's

const listed = (oneOrMore) => [oneOrMore].flat();

module.exports = async ({ resolveVariable }) => {
  if ((await resolveVariable("param:engine")) !== "airflow") return {};
  const stack = await resolveVariable("self:custom.stack");
  const key = await resolveVariable("param:kmsKey");
  const ownPage = !["ses", "none"].includes(await resolveVariable("param:unsubscribe"));
  const { Resources: roles } = await resolveVariable("file(./deploy/roles.yml)");
  const theirs = ROLES.flatMap((role) => roles[role].Properties.Policies)
    .flatMap((policy) => policy.PolicyDocument.Statement)
    .filter((statement) => !listed(statement.Action).every((action) => OF_LAMBDA.test(action)));
  const once = [...new Map(theirs.map((statement) => [JSON.stringify(statement), statement])).values()];
  return {
    Resources: {
      AirflowPolicy: {
        Type: "AWS::IAM::ManagedPolicy",
        Properties: {
          Description: "What the DAG monthly_email does",
          PolicyDocument: {
            Version: "2012-10-17",
            Statement: [...once, ...own(stack), ...(ownPage ? [SECRET] : []), ...(key ? [decrypts(key)] : [])],
          },
        },
      },
    },
    Outputs: { AirflowPolicyArn: { Value: { Ref: "AirflowPolicy" } } },
  };
};

const arn = (service, rest) => ({ "Fn::Sub": `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${rest}` });

const SECRET = { Effect: "Allow", Action: "secretsmanager:GetSecretValue", Resource: { Ref: "UnsubscribeSecret" } };

// As the functions may with a key of the stage's own (deploy/own_key.js).
const decrypts = (key) => ({
  Effect: "Allow",
  Action: ["kms:Decrypt", "kms:GenerateDataKey"],
  Resource: key,
  Condition: {
    StringEquals: {
      "kms:ViaService": ["dynamodb", "s3", "athena", "secretsmanager"].map((one) => ({ "Fn::Sub": `${one}.\${AWS::Region}.amazonaws.com` })),
    },
  },
});

// What the functions need not ask: each is told its settings, and the sweeper reads the indexes.
const own = (stack) => [
  { Effect: "Allow", Action: "lambda:GetFunctionConfiguration", Resource: SETTINGS.map((name) => arn("lambda", `function:${stack}-${name}`)) },
  { Effect: "Allow", Action: "dynamodb:Query", Resource: { "Fn::Sub": "${OutboxTable.Arn}/index/*" } },
];
