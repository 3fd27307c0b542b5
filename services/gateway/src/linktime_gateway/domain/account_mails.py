"""Mails about accounts: which one a user gets, and the one-time links in them."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from linktime_common.contracts.events.gateway import AccountMailKind

LINK_VALID_FOR = timedelta(hours=24)
MOST_IN_A_PERIOD = 3
PERIOD = timedelta(hours=1)
GIVEN_UP_AFTER = timedelta(days=1)
"""A request for an account whose sign-up is never completed."""
FOR_PASSWORD = frozenset({AccountMailKind.RESET_PASSWORD, AccountMailKind.SET_PASSWORD})

_SECRET_BYTES = 32
_PAGES = {
    AccountMailKind.VERIFY_ADDRESS: "/account/verify",
    AccountMailKind.RESET_PASSWORD: "/account/password",
    AccountMailKind.SET_PASSWORD: "/account/password",
}


class MailReason(StrEnum):
    """Why a mail is requested."""

    CREATED = "created"
    ADDRESS_CHANGED = "address_changed"
    VERIFICATION = "verification"
    RESET = "reset"


@dataclass(frozen=True, kw_only=True)
class MailAddressee:
    """What decides about the mails of a user."""

    user_id: UUID
    active: bool
    has_password: bool
    is_verified: bool


def mail_for(
    reason: MailReason, user: MailAddressee, *, may_set_password: bool
) -> AccountMailKind | None:
    """Return the mail that the user gets, or None.

    A user without a password gets `set_password` instead of any mail about a password, if
    `may_set_password`.
    """
    if not user.active:
        return None
    if reason is MailReason.RESET and user.has_password:
        return AccountMailKind.RESET_PASSWORD
    if reason is MailReason.RESET or (reason is MailReason.CREATED and not user.has_password):
        return AccountMailKind.SET_PASSWORD if may_set_password else None
    return None if user.is_verified else AccountMailKind.VERIFY_ADDRESS


def is_wanted(kind: AccountMailKind, user: MailAddressee) -> bool:
    """Return whether a mail that was requested earlier is still of use."""
    match kind:
        case AccountMailKind.VERIFY_ADDRESS:
            return user.active and not user.is_verified
        case AccountMailKind.RESET_PASSWORD:
            return user.active and user.has_password
        case AccountMailKind.SET_PASSWORD:
            return user.active and not user.has_password


def new_secret() -> str:
    """Return the secret of a link; it may be part of a path."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def address_of(public_url: str, kind: AccountMailKind, secret: str) -> str:
    """Return the address of the page for a link."""
    return f"{public_url.rstrip('/')}{_PAGES[kind]}/{secret}"
