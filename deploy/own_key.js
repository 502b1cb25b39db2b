// What a stage with a key of its own (`kmsKey`) encrypts with it, and what each role may do with it (ADR 35). Without one AWS's
// own keys do it, and nothing of this is in the template. What AWS's services need stands in the key's own policy:
// docs/security.md.
"use strict";

const table = (key) => ({ SSESpecification: { SSEEnabled: true, SSEType: "KMS", KMSMasterKeyId: key } });
const encryption = { BucketKeyEnabled: true }; // one call of KMS for many objects (source: s3-key)

const ENCRYPTED = {
  OutboxTable: table,
  ControlTable: table,
  UnsubscribedTable: table,
  DeadLetters: (key) => ({ SqsManagedSseEnabled: false, KmsMasterKeyId: key }),
  AlarmTopic: (key) => ({ KmsMasterKeyId: key }),
  UsageBucket: (key) => ({
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [
        { ...encryption, ServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms", KMSMasterKeyID: key } },
      ],
    },
  }),
  UsageWorkGroup: (key) => ({
    WorkGroupConfiguration: {
      ResultConfiguration: { EncryptionConfiguration: { EncryptionOption: "SSE_KMS", KmsKey: key } },
    },
  }),
  SendStateMachine: (key) => ({ EncryptionConfiguration: { Type: "CUSTOMER_MANAGED_KMS_KEY", KmsKeyId: key } }),
};

// Where the page to unsubscribe is one's own (deploy/unsubscribing.js): the secret, and who reads it.
const SECRET = { UnsubscribeSecret: (key) => ({ KmsKeyId: key }) };
const READS_SECRET = ["ProducerRole", "SendRole"];

// osls makes these.
const LOG_GROUPS = ["Producer", "Claim", "Send", "Sweeper", "Feedback"].map((name) => `${name}LogGroup`);

// (source: kms-via)
const through = (...services) => ({
  StringEquals: { "kms:ViaService": services.map((one) => ({ "Fn::Sub": `${one}.\${AWS::Region}.amazonaws.com` })) },
});

// What a caller of each needs.
const USES = {
  tables: () => ({ Action: ["kms:Decrypt"], Condition: through("dynamodb") }), // (source: ddb-key)
  secret: () => ({ Action: ["kms:Decrypt"], Condition: through("secretsmanager") }), // (source: secret-key)
  queue: () => ({ Action: ["kms:Decrypt", "kms:GenerateDataKey"], Condition: through("sqs") }), // (source: sqs-key)
  bucket: () => ({ Action: ["kms:Decrypt", "kms:GenerateDataKey"], Condition: through("s3", "athena") }), // (source: athena-key)
  executions: (stack) => ({
    Action: ["kms:Decrypt", "kms:GenerateDataKey"], // (source: sfn-key)
    Condition: {
      StringEquals: {
        "kms:EncryptionContext:aws:states:stateMachineArn": {
          "Fn::Sub": `arn:\${AWS::Partition}:states:\${AWS::Region}:\${AWS::AccountId}:stateMachine:${stack}-send`,
        },
      },
    },
  }),
};

const ROLES = {
  ProducerRole: ["tables", "queue", "bucket"],
  ClaimRole: ["tables", "queue"],
  SendRole: ["tables"],
  SweeperRole: ["tables"],
  FeedbackRole: ["tables", "queue"],
  ScheduleRole: ["queue"],
  SendStateMachineRole: ["executions"],
};

const policy = (key, stack, role, uses) => ({
  Type: "AWS::IAM::Policy",
  Properties: {
    PolicyName: "own-key",
    Roles: [{ Ref: role }],
    PolicyDocument: {
      Version: "2012-10-17",
      Statement: uses.map((use) => ({ Effect: "Allow", Resource: key, ...USES[use](stack) })),
    },
  },
});

module.exports = async ({ resolveVariable }) => {
  const key = await resolveVariable("param:kmsKey");
  const stack = await resolveVariable("self:custom.stack");
  if (!key) return {};
  const ownPage = !["ses", "none"].includes(await resolveVariable("param:unsubscribe"));
  const encrypted = Object.entries({ ...ENCRYPTED, ...(ownPage ? SECRET : {}) }).map(([name, properties]) => [name, { Properties: properties(key) }]);
  const policies = Object.entries(ROLES).map(([role, uses]) => [
    `${role}Key`,
    policy(key, stack, role, ownPage && READS_SECRET.includes(role) ? [...uses, "secret"] : uses),
  ]);
  return {
    Resources: Object.fromEntries([...encrypted, ...policies]),
    Outputs: { OwnKeyArn: { Value: key } },
    extensions: Object.fromEntries(LOG_GROUPS.map((name) => [name, { Properties: { KmsKeyId: key } }])),
  };
};
