"""The operator's mail server."""

from dataclasses import dataclass
from enum import StrEnum

from pydantic import SecretStr


class MailSecurity(StrEnum):
    """How the connection to the mail server is encrypted."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


@dataclass(frozen=True, kw_only=True)
class MailServer:
    """`own_name` is what this client calls itself."""

    host: str
    port: int
    security: MailSecurity
    user: str | None
    password: SecretStr | None
    own_name: str
