"""doctor: the sender, and the account's quotas."""

from tests.unit.ops.doctor.answers import Answers, function, identity
from tests.unit.ops.doctor.examining import CODE, IDENTITY, QUOTA, by_ses, found
from tests.unit.ops.office import Office

QUOTAS = ("service-quotas", "list_service_quotas")


def test_an_address_inherits_what_its_domain_has(office: Office, aws: Answers) -> None:
    bare = {"SigningEnabled": False, "Status": "NOT_STARTED"}
    aws.answer(*IDENTITY, lambda EmailIdentity: identity(DkimAttributes=bare) if "@" in EmailIdentity else identity())
    assert office.type("doctor") == 0
    assert "✓ mails are signed for your domain" in office.shown


def test_a_mail_from_domain_of_ones_own_is_not_needed(office: Office, aws: Answers) -> None:
    aws.answer(*IDENTITY, {name: value for name, value in identity().items() if name != "MailFromAttributes"})
    office.type("doctor")
    assert "✓ no MAIL FROM domain of your own" in office.shown


def test_a_day_without_limit(office: Office, aws: Answers) -> None:
    aws.change("sesv2", "get_account", SendQuota={**QUOTA, "Max24HourSend": -1.0})
    office.type("doctor")
    assert "✓ SES takes 14 mails a second and any number in 24 hours" in office.shown


def test_executions_of_several_mails_need_fewer_starts(office: Office, aws: Answers) -> None:
    aws.change(*QUOTAS, Quotas=[{"QuotaName": "StartExecution throttle token refill rate per second", "Value": 5.0}])
    aws.answer(*CODE, function(Environment={"Variables": {"MAIL_KIND": "usage", "SEND_BATCH_SIZE": "auto"}}))
    assert office.type("doctor") == 0
    assert "✓ Step Functions starts 5 executions a second" in office.shown


def test_ses_own_list_is_looked_at_where_the_stage_uses_it(office: Office, aws: Answers) -> None:
    by_ses(aws)
    said = [one["says"] for one in found(office) if one["group"] == "unsubscribing"]
    assert said[0] == "SES's contact list users has the topic usage"
    assert said[1].startswith("SES signs mails of usage@mail.example.com with Easy DKIM")
