"""How an instance names itself."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sender:
    """The instance as its mails and feeds show it."""

    address: str
    name: str  # such as LinkTime
    domain: str
    """The right part of Message-IDs."""
    uid_domain: str
    """The right part of the UIDs of invitations."""
    public_url: str
