"""Refusal → status."""

from linktime_common.http.errors import StatusTable
from linktime_webhooks.domain.errors import TooManyEndpoints

STATUSES: StatusTable = {TooManyEndpoints: 409}
