// The key that the tokens of the unsubscribe links are signed with: where the page is one's own. It stays when the stack goes:
// the links of all mails that were sent rest on it (ADR 31).
"use strict";

module.exports = async ({ resolveVariable }) => {
  if (["ses", "none"].includes(await resolveVariable("param:unsubscribe"))) return {};
  return {
    Resources: {
      UnsubscribeSecret: {
        Type: "AWS::SecretsManager::Secret",
        DeletionPolicy: "RetainExceptOnCreate",
        UpdateReplacePolicy: "Retain",
        Properties: {
          Description: `Signs the unsubscribe links of ${await resolveVariable("self:custom.stack")}`,
          GenerateSecretString: { PasswordLength: 64, ExcludePunctuation: true },
        },
      },
      UnsubscribePolicy: {
        Type: "AWS::IAM::Policy",
        Properties: {
          PolicyName: "unsubscribe-key",
          Roles: [{ Ref: "ProducerRole" }, { Ref: "SendRole" }],
          PolicyDocument: {
            Version: "2012-10-17",
            Statement: [{ Effect: "Allow", Action: "secretsmanager:GetSecretValue", Resource: { Ref: "UnsubscribeSecret" } }],
          },
        },
      },
    },
    Outputs: { UnsubscribeSecretArn: { Value: { Ref: "UnsubscribeSecret" } } },
  };
};
