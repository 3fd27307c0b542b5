"""Refusal → status."""

from linktime_common.http.errors import StatusTable
from linktime_webhooks.domain.errors import EndpointNotFound, TooManyEndpoints

STATUSES: StatusTable = {EndpointNotFound: 404, TooManyEndpoints: 409}
