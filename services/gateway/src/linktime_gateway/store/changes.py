"""Notifications that invalidate the credential caches of all processes.

A transaction that changes an account, its keys or its sessions notifies CHANNEL with the user's id;
one that changes SCIM tokens with the organization's id.
"""

from typing import NoReturn, Protocol
from uuid import UUID

from linktime_common.ids import parse_id
from linktime_common.listening import keep_listening
from linktime_common.postgres import Database

CHANNEL = "gateway_credentials_changed"


class CredentialCache(Protocol):
    """A cache that is invalidated by changes."""

    def enable(self) -> None:
        """Start caching: notifications are received."""

    def disable(self) -> None:
        """Stop caching: notifications may be missed."""

    def forget(self, owner_id: UUID) -> None:
        """Drop the entries of this user or organization."""


class ChangeListener:
    """Listens on a separate connection, outside the pool."""

    def __init__(self, database: Database, *caches: CredentialCache) -> None:
        self._database = database
        self._caches = caches

    async def run(self) -> NoReturn:
        """Listen until cancelled; reconnect when the connection is lost or silent."""
        await keep_listening(
            "credential change listener",
            self._database,
            CHANNEL,
            self._on_change,
            on_begin=self._enable,
            on_end=self._disable,
        )

    def _on_change(self, payload: str) -> None:
        owner_id = parse_id(payload)
        if owner_id is not None:
            for cache in self._caches:
                cache.forget(owner_id)

    def _enable(self) -> None:
        for cache in self._caches:
            cache.enable()

    def _disable(self) -> None:
        for cache in self._caches:
            cache.disable()
