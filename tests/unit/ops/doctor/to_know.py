"""What doctor tells without calling it wrong: how it comes about, and what is said of it."""

from tests.unit.ops.doctor.answers import NOTHING, TEMPLATE, backups, concurrency, function, identity, mapping, parts
from tests.unit.ops.doctor.examining import (
    BACKUPS,
    CODE,
    IDENTITY,
    MAPPINGS,
    PROTECTION,
    QUOTA,
    about,
    by_ses,
    by_setting,
    instead,
    told,
)

WARNINGS = {
    "verified by its domain alone": (
        instead(IDENTITY, lambda EmailIdentity: identity() if EmailIdentity == "example.com" else NOTHING),
        "is verified by its domain alone, example.com;",
    ),
    "not signed": (
        instead(IDENTITY, identity(DkimAttributes={"SigningEnabled": True, "Status": "PENDING"})), "DKIM is PENDING",
    ),
    "signing is off": (
        instead(IDENTITY, identity(DkimAttributes={"SigningEnabled": False, "Status": "SUCCESS"})), "mails are not signed",
    ),
    "a MAIL FROM domain without its records": (
        instead(IDENTITY, identity(MailFromAttributes={"MailFromDomain": "b.example.com", "MailFromDomainStatus": "FAILED",
                                                       "BehaviorOnMxFailure": "REJECT_MESSAGE"})),
        "the MAIL FROM domain b.example.com is FAILED",
    ),
    "SES looks at no DMARC record": (about("sesv2", "get_account", VdmAttributes={"VdmEnabled": "DISABLED"}), "a DMARC record"),
    "SES misses a DMARC record": (
        about("sesv2", "list_recommendations", Recommendations=[
            {"ResourceArn": "arn:aws:ses:eu-west-1:1:identity/example.com", "Type": "DMARC", "Description": "none found"},
            {"ResourceArn": "arn:aws:ses:eu-west-1:1:identity/other.com", "Type": "SPF", "Description": "SPF was not found"},
        ]),
        "SES recommends (DMARC): none found",
    ),
    "under review": (about("sesv2", "get_account", EnforcementStatus="PROBATION"), "under review"),
    "no way out": (by_setting("none"), "mails say nothing of how to unsubscribe"),
    "SES's links without Easy DKIM": (
        told(by_ses, instead(IDENTITY, identity(DkimAttributes={"SigningEnabled": True, "Status": "SUCCESS",
                                                              "SigningAttributesOrigin": "EXTERNAL"}))),
        "only to mails that it signs with Easy DKIM",
    ),
    "the sandbox": (about("sesv2", "get_account", ProductionAccessEnabled=False), "in SES's sandbox"),
    "a day that is nearly used up": (
        about("sesv2", "get_account", SendQuota={**QUOTA, "SentLast24Hours": 45_000.0}), "45,000 of them",
    ),
    "a suppression list that takes up no complaints": (
        about("sesv2", "get_account", SuppressionAttributes={"SuppressedReasons": ["BOUNCE"]}), "to addresses after a complaint",
    ),
    "no suppression list": (
        about("sesv2", "get_account", SuppressionAttributes={}), "to addresses after a bounce or a complaint",
    ),
    "few functions at a time": (
        about("lambda", "get_account_settings", AccountLimit=concurrency(10)),
        "at SES's rate some 24 are wanted",
    ),
    "few starts a second": (
        about("service-quotas", "list_service_quotas", Quotas=[{"QuotaName": "StartExecution refill rate", "Value": 5.0}]),
        "starts 5 executions a second",
    ),
    "a quota that is not listed": (about("service-quotas", "list_service_quotas", Quotas=[]), "can't be read: starts"),
    "other code": (instead(CODE, function(CodeSha256="another")), "producer, claim, send, sweeper, feedback: the code is not"),
    "another template": (
        instead(("sesv2", "get_email_template"), {"TemplateName": TEMPLATE, "TemplateContent": {**parts(), "Html": "<p>"}}),
        "was edited in SES: html",
    ),
    "a table that is not protected": (
        instead(PROTECTION, lambda TableName: {"Table": {"DeletionProtectionEnabled": TableName != "outbox"}}),
        "the table outbox can be deleted by mistake",
    ),
    "a table that can't be restored": (
        instead(BACKUPS, lambda TableName: backups("ENABLED" if TableName != "control" else "DISABLED")),
        "the table control can't be restored",
    ),
    "a stream with a problem": (
        about(*MAPPINGS, EventSourceMappings=[mapping(LastProcessingResult="PROBLEM: Function call failed")]), "call failed",
    ),
}  # fmt: skip
