"""Mail addresses as headers and invitations write them."""

from dataclasses import dataclass
from email.headerregistry import Address
from functools import lru_cache
from urllib.parse import quote

import email_validator

from linktime_bookings.mail.plain_text import in_header

# A mail server in a private network may serve names such as `mail.test`.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()

_QUOTE = '"'
# What a mailto: URI holds unescaped in the local part (RFC 6068).
_SAFE = "!$'*+-._~"


class UnusableAddress(ValueError):
    """The text is not a mail address, so no mail can be sent to it."""


@dataclass(frozen=True)
class Mailbox:
    """An address with a name. The domain is in its ASCII form; the local part may not be."""

    local: str  # without quotes
    domain: str
    name: str = ""

    @property
    def is_ascii(self) -> bool:
        """Whether a mail server without SMTPUTF8 can take it."""
        return self.local.isascii()

    @property
    def header(self) -> Address:
        """Return the value of an address header; quotes and encodes what needs it."""
        return Address(in_header(self.name), self.local, self.domain)

    @property
    def mailto(self) -> str:
        """Return the URI; a quoted local part keeps its quotes, escaped."""
        local = Address("", self.local, "").addr_spec
        return f"mailto:{quote(local, safe=_SAFE)}@{self.domain}"


def mailbox(address: str, name: str = "") -> Mailbox:
    """Return the parts of an address; raises UnusableAddress."""
    return Mailbox(*_parts(address), name)


@lru_cache(maxsize=256)
def _parts(address: str) -> tuple[str, str]:
    """Return the local part and the domain; the same address is in several places of a mail."""
    try:
        checked = email_validator.validate_email(
            address,
            allow_quoted_local=True,
            check_deliverability=False,
            globally_deliverable=False,
        )
    except email_validator.EmailNotValidError as error:
        raise UnusableAddress("The address of the mail is not valid.") from error
    return _unquoted(checked.local_part), checked.ascii_domain


def _unquoted(local: str) -> str:
    if not local.startswith(_QUOTE):
        return local
    characters = iter(local[1:-1])
    return "".join(next(characters) if one == "\\" else one for one in characters)
