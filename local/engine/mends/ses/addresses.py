"""Email addresses as SES takes them: `user@example.com` or `Display Name <user@example.com>`, 7-bit ASCII.

Nothing but a well-formed address passes, so a newline cannot smuggle a header in. Sources: SES API reference
(UserName@[SubDomain.]Domain.TopLevelDomain; no SMTPUTF8); the texts are those that public reports quote from
SES, which are the ones of JavaMail's InternetAddress.
"""

import re

_PHRASE = r'(?:"(?:[^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*"|[^<>",@:;\x00-\x1f\x7f]*)'
_MAILBOX = re.compile(rf" *(?:{_PHRASE} *<(?P<angle>[^<>]*)>|(?P<bare>[^<>]*)) *\Z")
_LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}\Z")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

SIMULATOR_DOMAIN = "simulator.amazonses.com"


def bare(address: str) -> str:
    """The address without its display name."""
    mailbox = _MAILBOX.match(address)
    return (mailbox["angle"] or mailbox["bare"] or "").strip(" ") if mailbox else address


def domain(address: str) -> str:
    """The lower-case part after the last @."""
    return bare(address).rpartition("@")[2].lower()


def is_simulator(address: str) -> bool:
    """Whether the address belongs to the SES mailbox simulator."""
    return domain(address) == SIMULATOR_DOMAIN


def fault(address: str) -> str | None:
    """What SES would say against the address, or None if it is well formed."""
    if not address.strip():
        return f"Invalid email address {address}."
    if not address.isascii():
        return "Missing final '@domain'"
    local, at, host = bare(address).rpartition("@")
    if not at or not host:
        return "Missing final '@domain'"
    if not local:
        return "Missing local name"
    if " " in host or _CONTROL.search(host):
        return "Domain contains control or whitespace"
    if " " in local or _CONTROL.search(address):
        return "Local address contains control or whitespace"
    if not _DOMAIN.match(host):
        return "Domain contains illegal character"
    if not _LOCAL.match(local) or ".." in local or local[0] == "." or local[-1] == ".":
        return "Local address contains illegal character"
    return None if _MAILBOX.match(address) else "Illegal address"
