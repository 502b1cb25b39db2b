"""Is the sender one that SES lets send, and that inboxes believe?"""

from collections.abc import Iterator
from email.utils import parseaddr
from typing import Any

from ops.doctor.deployed import Deployed
from ops.doctor.finding import Finding, ok, warning, wrong
from ops.errors import UnreadableError
from ops.questions import pages
from shared.aws.ses_account import identities


def authentication(deployed: Deployed) -> Iterator[Finding]:
    """Verified, signed, and with a MAIL FROM domain. An address inherits what its domain has (source: ses-inherits)."""
    address = parseaddr(deployed.output("SenderAddress"))[1]
    verified = _verified(deployed, address)
    if not verified:
        yield wrong(
            f"neither {address} nor its domain is verified in SES: every mail is refused",
            f"`aws sesv2 create-email-identity --email-identity {address.rpartition('@')[2]}`, then publish its DNS records",
        )
        return
    if address in verified:
        yield ok(f"{address} is verified")
    else:
        yield warning(
            f"{address} is verified by its domain alone, {', '.join(verified)}; with a configuration set AWS wants it itself",
            f"`aws sesv2 create-email-identity --email-identity {address}`, then the link in the mail to it",
        )
    yield _dkim([one.get("DkimAttributes", {}) for one in verified.values()])
    yield _mail_from([one.get("MailFromAttributes", {}) for one in verified.values()])


def recommendations(deployed: Deployed) -> Iterator[Finding]:
    """What SES itself finds missing of DKIM, SPF and DMARC, where Virtual Deliverability Manager looks
    (source: ses-recommendations).
    """
    address = parseaddr(deployed.output("SenderAddress"))[1]
    domain = address.rpartition("@")[2]
    vdm = deployed.ask("sesv2", "get_account").get("VdmAttributes", {})
    if vdm.get("VdmEnabled") != "ENABLED":
        yield warning(
            "SES does not say whether there is a DMARC record: its Virtual Deliverability Manager is off",
            f"look yourself: `dig +short TXT _dmarc.{domain}`",
        )
        return
    filters = {"STATUS": "OPEN"}
    found = list(pages(deployed.ask, "sesv2", "list_recommendations", "Recommendations", Filter=filters))
    about = [one for one in found if one.get("ResourceArn", "").rpartition("/")[2] in set(identities(address))]
    for one in about:
        yield warning(f"SES recommends ({one.get('Type')}): {one.get('Description')}", "see SES's console, Advisor")
    if not about:
        yield ok(f"SES finds nothing missing of SPF, DKIM and DMARC for {domain}")


def _verified(deployed: Deployed, address: str) -> dict[str, dict[str, Any]]:
    """What is verified for the address, the nearest first."""
    found = {}
    for name in identities(address):
        try:
            identity = deployed.ask("sesv2", "get_email_identity", EmailIdentity=name)
        except UnreadableError as error:
            if not error.missing:
                raise
        else:
            if identity.get("VerifiedForSendingStatus"):
                found[name] = identity
    return found


def _dkim(found: list[dict[str, Any]]) -> Finding:
    if any(one.get("Status") == "SUCCESS" and one.get("SigningEnabled") for one in found):
        return ok("mails are signed for your domain (DKIM)")
    return warning(
        f"mails are not signed for your domain: DKIM is {found[-1].get('Status', 'NOT_STARTED')}",
        "verify the domain with Easy DKIM and its three CNAME records; many inboxes want it",
    )


def _mail_from(found: list[dict[str, Any]]) -> Finding:
    own = next((one for one in found if one.get("MailFromDomain")), None)
    if own is None:
        return ok("no MAIL FROM domain of your own: SPF passes for amazonses.com, and DMARC rests on DKIM alone")
    domain, status = own["MailFromDomain"], own.get("MailFromDomainStatus")
    if status == "SUCCESS":
        return ok(f"the MAIL FROM domain {domain} is set up")
    return warning(f"the MAIL FROM domain {domain} is {status}", "publish its MX and SPF records")
