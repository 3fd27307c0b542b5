"""The refusals of this service."""

from linktime_common.errors import Refusal


class ContactNotFound(Refusal):
    """Contact not found."""


class ErasureNotFound(Refusal):
    """Erasure not found."""


class MergeTooLarge(Refusal):
    """Together the contacts have more than 50 other addresses or 5,000 characters of notes."""


class ContactEmailTaken(Refusal):
    """A contact with this e-mail already exists."""

    code = "email_taken"
