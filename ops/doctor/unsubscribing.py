"""Can recipients unsubscribe, and does the producer know who has? (ADR 31)"""

from collections.abc import Iterator
from email.utils import parseaddr

from ops.doctor.deployed import Deployed
from ops.doctor.finding import PUT_BACK, Finding, ok, warning, wrong
from ops.errors import UnreadableError
from shared.aws.ses_account import identities
from shared.rendering.unsubscribing import NONE, SES


def way_out(deployed: Deployed) -> Iterator[Finding]:
    """The key of one's own links, or SES's list with its topic and Easy DKIM."""
    told = deployed.variables("Send")
    setting = told.get("UNSUBSCRIBE", "")
    if setting == NONE:
        yield warning(
            "mails say nothing of how to unsubscribe: the setting says that they need not",
            "if somebody may not want this mail, let unsubscribe in mail/stages.yml say how, and deploy",
        )
    elif setting == SES:
        yield _list(deployed, told["CONTACT_LIST"], told["CONTACT_TOPIC"])
        yield _easy_dkim(deployed)
    else:
        yield _key(deployed, setting, deployed.output("UnsubscribeSecretArn"))


def _key(deployed: Deployed, page: str, secret: str) -> Finding:
    try:
        found = deployed.ask("secretsmanager", "describe_secret", SecretId=secret)
    except UnreadableError as error:
        if not error.missing:
            raise
        return wrong("the key of the unsubscribe links is gone: no mail is sent", PUT_BACK)
    if "DeletedDate" in found:
        return wrong(
            "the key of the unsubscribe links is about to be deleted: no mail is sent",
            f"`aws secretsmanager restore-secret --secret-id {secret}`",
        )
    return ok(f"mails lead to {page} to unsubscribe, and the key of the links is there")


def _list(deployed: Deployed, name: str, topic: str) -> Finding:
    make = f"aws sesv2 create-contact-list --contact-list-name {name} --topics"
    topics = f"TopicName={topic},DisplayName={topic},DefaultSubscriptionStatus=OPT_IN"
    try:
        found = deployed.ask("sesv2", "get_contact_list", ContactListName=name)
    except UnreadableError as error:
        if not error.missing:
            raise
        return wrong(f"SES has no contact list {name}: every mail is refused", f"`{make} {topics}`")
    if topic not in [one["TopicName"] for one in found.get("Topics", ())]:
        return wrong(
            f"SES's contact list {name} has no topic {topic}: every mail is refused",
            "add it in SES's console, Subscription management",
        )
    return ok(f"SES's contact list {name} has the topic {topic}")


def _easy_dkim(deployed: Deployed) -> Finding:
    """SES wants it for its links (source: ses-subscriptions)."""
    address = parseaddr(deployed.output("SenderAddress"))[1]
    for name in identities(address):
        try:
            identity = deployed.ask("sesv2", "get_email_identity", EmailIdentity=name)
        except UnreadableError as error:
            if not error.missing:
                raise
            continue
        signing = identity.get("DkimAttributes", {})
        if signing.get("Status") == "SUCCESS" and signing.get("SigningAttributesOrigin", "AWS_SES") != "EXTERNAL":
            return ok(f"SES signs mails of {name} with Easy DKIM, as its links to unsubscribe want it")
    return warning(
        "SES adds its links to unsubscribe only to mails that it signs with Easy DKIM, and it signs none of these",
        "verify the domain with Easy DKIM and its three CNAME records",
    )
