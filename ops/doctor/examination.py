"""Carries all checks out, several at a time, and tells what they found."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import TypeAlias

from ops.aws import asking
from ops.doctor import (
    account,
    encryption,
    events,
    mail,
    month,
    sender,
    tables,
    unsubscribing,
    version,
    watch,
    wiring,
)
from ops.doctor.deployed import Deployed
from ops.doctor.finding import Finding, Mark, warning
from ops.errors import RefusedError, UnreadableError
from ops.formatting import plain, when
from ops.parallel import each
from ops.session import Session
from shared.errors import OnlyonceError

Check: TypeAlias = Callable[[Deployed], Iterable[Finding]]
CHECKS: dict[str, tuple[Check, ...]] = {
    "sender": (sender.authentication, sender.recommendations),
    "unsubscribing": (unsubscribing.way_out,),
    "account": (account.sending, account.ses_quota, account.suppression, account.concurrency, account.starts),
    "deployment": (version.stack, version.code, mail.template, mail.rendering),
    "tables": (tables.identity, tables.protection, tables.recovery),
    "encryption": (encryption.key, encryption.key_policy, encryption.stored),
    "what moves messages": (wiring.mapping, wiring.schedules, wiring.machine, wiring.recursion),
    "events of SES": (events.sending, events.events, events.rule),
    "alarms": (watch.listeners, watch.alarms, watch.dead_letters),
    "what waits": (month.campaign, month.runs, month.held),
}
SIGNS = {Mark.OK: "✓", Mark.WARNING: "!", Mark.WRONG: "✗"}


def doctor(session: Session, *, as_json: bool) -> int:
    """1 if anything is wrong."""
    findings = examine(Deployed.of(session))
    wrong, warnings = (sum(one.mark is mark for _, one in findings) for mark in (Mark.WRONG, Mark.WARNING))
    if as_json:
        listed = [{"group": group, **asdict(finding)} for group, finding in findings]
        told = {"stage": session.name, "findings": listed, "wrong": wrong, "warnings": warnings}
        print(json.dumps(told), file=session.console.file)
    else:
        _show(session, findings)
        session.say(f"{len(findings)} findings: {wrong} wrong, {warnings} to know")
    return 1 if wrong else 0


def examine(deployed: Deployed) -> list[tuple[str, Finding]]:
    """Every check's findings, each with its group."""
    checks = [(group, check) for group, some in CHECKS.items() for check in some]
    found = each(lambda one: (one[0], _findings(one[1], deployed)), checks)
    return [(group, finding) for group, some in found for finding in some]


def line_of(finding: Finding) -> str:
    """As a person reads it."""
    return f"{SIGNS[finding.mark]} {finding.says}{f' → {finding.do}' if finding.do else ''}"


def _findings(check: Check, deployed: Deployed) -> list[Finding]:
    """What it finds; what it can't read is a finding as well."""
    found: list[Finding] = []
    try:
        with asking():
            found.extend(check(deployed))
    except (UnreadableError, RefusedError, OnlyonceError) as error:
        what = check.__name__.replace("_", " ")
        found.append(
            warning(f"can't be read: {what}: {plain(error)}", "if it is a permission, take a role that has it")
        )
    return found


def _show(session: Session, findings: Iterable[tuple[str, Finding]]) -> None:
    session.say(f"{session.name}, {when(session.clock())}")
    shown = ""
    for group, finding in findings:
        if group != shown:
            session.say(f"\n{group}")
        shown = group
        session.say(f"  {line_of(finding)}")
