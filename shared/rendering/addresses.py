"""A usable email address: SES takes it, and nothing else can hide in it."""

import re
from email.utils import formataddr
from functools import lru_cache

from shared.errors import InvalidRowError

LOCAL_MAX = 64
ADDRESS_MAX = 254
"""Characters (RFC 5321)."""
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL = re.compile(rf"{_ATOM}(\.{_ATOM})*")
"""A dot-atom (RFC 5322), in ASCII as SES wants it. Quoted strings are allowed, but hardly anybody has one: refused."""
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_NAMED = re.compile(r'"?(?P<name>[^"<>]*?)"? *<(?P<address>[^<>]+)>')
_DOMAIN = re.compile(rf"({_LABEL}\.)+{_LABEL}")


def usable_email(text: str | None) -> str:
    """The address without the spaces around it, its domain in ASCII. Raises InvalidRowError, which says what is wrong and
    quotes no part of it: the reason is listed, counted and logged.
    """
    if text is None or not text.strip():
        raise InvalidRowError("email", "is missing")
    address = text.strip()
    if not address.isprintable() or " " in address:  # the one space that can be printed
        raise InvalidRowError("email", "has a space or a character that can't be printed")
    if len(address) > ADDRESS_MAX:
        raise InvalidRowError("email", f"is too long: {len(address)} characters")
    local, _, domain = address.rpartition("@")
    if not local.isascii():
        raise InvalidRowError("email", "has a local part outside ASCII, which SES does not take")
    if not _LOCAL.fullmatch(local) or "." not in domain:
        raise InvalidRowError("email", f"is malformed: {_fault(address, local, domain)}")
    domain = _usable_domain(domain)
    if len(local) > LOCAL_MAX or len(local) + 1 + len(domain) > ADDRESS_MAX:
        raise InvalidRowError("email", f"is too long: {len(address)} characters")
    return f"{local}@{domain}"


@lru_cache(1024)
def _usable_domain(domain: str) -> str:
    """In ASCII. Most addresses share a few domains."""
    try:
        ascii_domain = domain.encode("idna").decode()
    except UnicodeError as error:
        raise InvalidRowError("email", "has an impossible domain") from error
    if not _DOMAIN.fullmatch(ascii_domain):
        raise InvalidRowError("email", "has an impossible domain")
    return ascii_domain


def bare_address(sender: str) -> str:
    """The address alone of "Usage at Example <usage@example.com>", or of an address without a name."""
    named = _NAMED.fullmatch(sender)
    return named["address"] if named else sender


def from_header(sender: str) -> str:
    """As a mail's header has it: the name quoted where it must be (RFC 5322), and encoded outside ASCII (RFC 2047)."""
    named = _NAMED.fullmatch(sender)
    if not named or not named["address"].isascii():
        return sender
    return formataddr((named["name"], named["address"]))


def _fault(address: str, local: str, domain: str) -> str:
    if address.count("@") != 1:
        return f'it has {address.count("@") or "no"} "@"'
    if not local or not domain:
        return f'nothing stands {"before" if not local else "after"} its "@"'
    return 'what stands before its "@" is not allowed' if "." in domain else "its domain has no dot"
