"""Every refusal of this service."""

from linktime_common.errors import Refusal


class ContactNotFound(Refusal):
    """Contact not found."""
