"""A usable email address: one that SES will take and that can't smuggle in anything else."""

import re
from email.errors import HeaderParseError
from email.headerregistry import Address

from shared.errors import InvalidRowError

LOCAL_MAX = 64
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"({_LABEL}\.)+{_LABEL}")
ADDRESS_MAX = 254
"""Characters (RFC 5321)."""


def usable_email(text: str | None) -> str:
    """The address, with a domain in Unicode turned to its ASCII form. Raises InvalidRowError saying what is wrong
    with it.
    """
    if text is None or not text.strip():
        raise InvalidRowError("email is missing")
    address = text.strip()
    if not address.isprintable() or any(char.isspace() for char in address):
        raise InvalidRowError("email has a space or a character that can't be printed")
    if len(address) > ADDRESS_MAX:  # before it is parsed, which takes minutes for some texts of a megabyte
        raise InvalidRowError(f"email is too long: {len(address)} characters")
    try:
        parsed = Address(addr_spec=address)
    except (HeaderParseError, ValueError, IndexError) as error:
        raise InvalidRowError(f"email is malformed: {address[:80]!r}") from error
    if parsed.addr_spec != address or not parsed.username or "." not in parsed.domain:
        raise InvalidRowError(f"email is malformed: {address[:80]!r}")
    if not parsed.username.isascii():
        raise InvalidRowError("email has a local part outside ASCII, which SES does not take")
    try:
        domain = parsed.domain.encode("idna").decode()
    except UnicodeError as error:
        raise InvalidRowError(f"email has an impossible domain: {parsed.domain[:80]!r}") from error
    if not _DOMAIN.fullmatch(domain):
        raise InvalidRowError(f"email has an impossible domain: {parsed.domain[:80]!r}")
    if len(parsed.username) > LOCAL_MAX or len(parsed.username) + 1 + len(domain) > ADDRESS_MAX:
        raise InvalidRowError(f"email is too long: {len(address)} characters")
    return f"{parsed.username}@{domain}"
