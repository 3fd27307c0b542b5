"""Who sends the mails of an instance."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sender:
    """The instance as its mails show it."""

    address: str
    name: str  # such as LinkTime
    domain: str
    """The right part of Message-IDs and of the UIDs of invitations."""
    public_url: str
