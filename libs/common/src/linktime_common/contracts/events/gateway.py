"""Events that the gateway publishes."""

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from linktime_common.contracts.events.base import Event


class AccountMailKind(StrEnum):
    """What the link of a mail about an account is for."""

    VERIFY_ADDRESS = "verify_address"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - not a password
    SET_PASSWORD = "set_password"  # noqa: S105 - not a password


class AccountMailRequested(Event):
    """A mail with a one-time link must be sent to a user. The subject is the user.

    It contains neither the link nor the address: both are looked up when the mail is sent.
    """

    type: ClassVar[str] = "account.mail_requested"
    publisher: ClassVar[str] = "gateway"
    consumers: ClassVar[frozenset[str]] = frozenset({"bookings"})
    user_id: UUID
    kind: AccountMailKind
