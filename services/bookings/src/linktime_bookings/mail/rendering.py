"""STUB until the branch with the rendering is merged."""

from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage

from linktime_bookings.domain.emails import Email


@dataclass(frozen=True)
class Sender:
    address: str
    name: str
    domain: str
    public_url: str


def render(email: Email, sender: Sender, *, now: datetime) -> EmailMessage:
    del now
    made = EmailMessage(policy=policy.SMTP.clone(max_line_length=76))
    made["From"] = sender.address
    made["To"] = email.recipient
    made["Subject"] = email.kind
    made["Message-ID"] = f"<{email.id}@{sender.domain}>"
    made["X-LinkTime-Kind"] = email.kind
    made.set_content(f"{email.facts}")
    return made
