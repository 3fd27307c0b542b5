"""Events that the webhooks service publishes."""

from enum import StrEnum
from typing import ClassVar

from linktime_common.contracts.events.base import Event, PersonErased


class WebhookNotice(StrEnum):
    """What an owner is notified of about an endpoint."""

    FAILING_24H = "webhook.failing.24h"
    FAILING_72H = "webhook.failing.72h"
    DISABLED_FAILING = "webhook.disabled.failing"
    DISABLED_GONE = "webhook.disabled.gone"


class NoticeRequested(Event):
    """The owner of an endpoint must be notified that it fails or is disabled."""

    type: ClassVar[str] = "notice.requested"
    publisher: ClassVar[str] = "webhooks"
    consumers: ClassVar[frozenset[str]] = frozenset({"bookings"})
    notice: WebhookNotice
    url: str


class DeliveriesErased(PersonErased):
    """Stored events and attempts no longer contain the person."""

    type: ClassVar[str] = "delivery.person_erased"
    publisher: ClassVar[str] = "webhooks"
