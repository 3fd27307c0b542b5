"""Mails to a host about something other than a booking."""

from datetime import datetime, timedelta
from uuid import UUID

from linktime_bookings.domain.emails import (
    DEFAULT_TIMEZONE,
    Email,
    Kind,
    NoticeFacts,
    email_id,
)
from linktime_common.contracts.events.webhooks import WebhookNotice
from linktime_common.languages import DEFAULT_LANGUAGE

USEFUL_FOR = timedelta(days=7)

KINDS = {
    WebhookNotice.FAILING_24H: Kind.WEBHOOK_FAILING,
    WebhookNotice.FAILING_72H: Kind.WEBHOOK_FAILING,
    WebhookNotice.DISABLED_FAILING: Kind.WEBHOOK_DISABLED,
    WebhookNotice.DISABLED_GONE: Kind.WEBHOOK_DISABLED,
}


def webhook_email(
    *, event_id: UUID, user_id: UUID, notice: WebhookNotice, url: str, at: datetime
) -> Email:
    """Return the mail of a notice; address, name, language and zone are looked up when sent."""
    kind = KINDS[notice]
    return Email(
        id=email_id(kind, event_id),
        owner_id=user_id,
        kind=kind,
        recipient=None,
        recipient_name="",
        locale=DEFAULT_LANGUAGE,
        timezone=DEFAULT_TIMEZONE,
        facts=NoticeFacts(subject=url, detail=notice).model_dump(mode="json"),
        expires_at=at + USEFUL_FOR,
    )
