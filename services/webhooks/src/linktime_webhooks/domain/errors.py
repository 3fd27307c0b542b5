"""Every refusal of this service."""

from linktime_common.errors import Refusal


class EndpointNotFound(Refusal):
    """Webhook not found."""


class TooManyEndpoints(Refusal):
    """A user can have at most 20 webhook endpoints."""
