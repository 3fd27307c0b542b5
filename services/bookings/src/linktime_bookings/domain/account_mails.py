"""Mails to the user of an account, each with a one-time link."""

from datetime import datetime, timedelta
from uuid import UUID

from linktime_bookings.domain.emails import Email, Kind, email_to_user
from linktime_common.contracts.events.gateway import AccountMailKind

RESET_USEFUL_FOR = timedelta(hours=24)
USEFUL_FOR = timedelta(days=7)


def account_email(*, event_id: UUID, user_id: UUID, mail: AccountMailKind, at: datetime) -> Email:
    """Return the mail; address, name, language, zone and link are looked up when it is sent."""
    kind = Kind(mail)
    useful_for = RESET_USEFUL_FOR if kind is Kind.RESET_PASSWORD else USEFUL_FOR
    return email_to_user(kind, {}, event_id=event_id, user_id=user_id, expires_at=at + useful_for)
