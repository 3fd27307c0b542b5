"""The refusals of this service."""

from linktime_common.errors import Refusal


class ContactNotFound(Refusal):
    """Contact not found."""


class ContactEmailTaken(Refusal):
    """A contact with this e-mail already exists."""

    code = "email_taken"
