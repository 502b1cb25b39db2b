"""Does the account send, and are its quotas enough for that?"""

from collections.abc import Iterator

from ops.doctor.deployed import Deployed
from ops.doctor.finding import Finding, ok, warning, wrong
from ops.errors import UnreadableError
from ops.questions import pages

_BESIDE_SEND = 10
"""Functions that run at a time beside `send`, roughly: claim on each shard, producer, sweeper, feedback."""
_USED_UP = 0.8


def sending(deployed: Deployed) -> Iterator[Finding]:
    """Whether SES sends for the account at all (source: ses-account-status)."""
    account = deployed.ask("sesv2", "get_account")
    status = account.get("EnforcementStatus", "")
    if not account.get("SendingEnabled"):
        yield wrong("SES sends nothing for this account: sending is paused", "see SES's console, Account dashboard")
    if status == "SHUTDOWN":
        yield wrong("AWS has shut down the account's sending", "answer AWS's case in the Support Center")
    elif status == "PROBATION":
        yield warning("AWS has put the account under review", "look for bounces and complaints; answer AWS's case")
    elif account.get("SendingEnabled"):
        yield ok("SES sends for this account")
    if account.get("ProductionAccessEnabled"):
        yield ok("the account is out of the sandbox")
    else:
        yield warning(
            "the account is in SES's sandbox: verified addresses and the simulator only; a month is stopped",
            "ask for production access in SES's console",
        )


def ses_quota(deployed: Deployed) -> Iterator[Finding]:
    """Mails a second and in 24 hours."""
    quota = deployed.ask("sesv2", "get_account")["SendQuota"]
    day, rate, used = quota["Max24HourSend"], quota["MaxSendRate"], quota["SentLast24Hours"]
    limit = "any number" if day < 0 else f"{day:,.0f}"
    says = f"SES takes {rate:,.0f} mails a second and {limit} in 24 hours; {used:,.0f} of them are used"
    more = "ask for more in Service Quotas (docs/limits.md says how long a month takes)"
    if day == 0 or rate == 0:
        yield wrong(says, more)
    elif 0 < day * _USED_UP < used:
        yield warning(says, f"the rest waits for the next day; or {more}")
    else:
        yield ok(says)


def suppression(deployed: Deployed) -> Iterator[Finding]:
    """Addresses that bounced or complained get no second mail (source: ses-suppression-reasons)."""
    account = deployed.ask("sesv2", "get_account")
    missing = {"BOUNCE", "COMPLAINT"} - set(account.get("SuppressionAttributes", {}).get("SuppressedReasons", []))
    if missing:
        yield warning(
            f"SES goes on sending to addresses after a {' or a '.join(sorted(missing)).lower()}",
            "`aws sesv2 put-account-suppression-attributes --suppressed-reasons BOUNCE COMPLAINT`",
        )
    else:
        yield ok("SES sends nothing more to addresses that bounced or complained")


def concurrency(deployed: Deployed) -> Iterator[Finding]:
    """Enough functions at a time for a mail of a second each at SES's rate (source: lambda-limits)."""
    rate = deployed.ask("sesv2", "get_account")["SendQuota"]["MaxSendRate"]
    limit = deployed.ask("lambda", "get_account_settings")["AccountLimit"]
    free = limit.get("UnreservedConcurrentExecutions", limit["ConcurrentExecutions"])
    says = f"{free:,} Lambda functions may run at a time ({limit['ConcurrentExecutions']:,} in the account)"
    if free < rate + _BESIDE_SEND:
        do = "ask for more in Service Quotas, Lambda, Concurrent executions; until then sends come late"
        yield warning(f"{says}; at SES's rate some {rate + _BESIDE_SEND:,.0f} are wanted", do)
    else:
        yield ok(says)


def starts(deployed: Deployed) -> Iterator[Finding]:
    """How many executions Step Functions lets start a second (source: sfn-quota-names); with `sendBatchSize` auto there are fewer
    of them than mails.
    """
    variables = deployed.function("Claim").get("Environment", {}).get("Variables", {})
    rate = deployed.ask("sesv2", "get_account")["SendQuota"]["MaxSendRate"]
    quotas = pages(deployed.ask, "service-quotas", "list_service_quotas", "Quotas", ServiceCode="states")
    refills = [one["Value"] for one in quotas if _is_start_rate(one["QuotaName"])]
    if not refills:
        raise UnreadableError("Service Quotas lists no rate of StartExecution (sfn-start-rate has the documented one)")
    says = f"Step Functions starts {refills[0]:,.0f} executions a second"
    if refills[0] < rate and variables.get("SEND_BATCH_SIZE") != "auto":
        yield warning(
            f"{says}: fewer than SES takes mails, {rate:,.0f}",
            "set sendBatchSize: auto in mail/stages.yml, or ask for more",
        )
    else:
        yield ok(says)


def _is_start_rate(name: str) -> bool:
    words = name.lower()
    return "startexecution" in words and "refill" in words
