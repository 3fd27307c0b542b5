"""Refusal → status."""

from linktime_common.http.errors import StatusTable
from linktime_webhooks.domain.errors import (
    DeliveryNotFound,
    EndpointDisabled,
    EndpointNotFound,
    EventForgotten,
    MaskedHeaderUnknown,
    ReplayNotFound,
    ReplayRunning,
    TooManyEndpoints,
    TooManySecrets,
    TooManyTests,
)

STATUSES: StatusTable = {
    MaskedHeaderUnknown: 400,
    EndpointNotFound: 404,
    DeliveryNotFound: 404,
    ReplayNotFound: 404,
    TooManyEndpoints: 409,
    ReplayRunning: 409,
    TooManySecrets: 409,
    EndpointDisabled: 409,
    EventForgotten: 409,
    TooManyTests: 429,
}
