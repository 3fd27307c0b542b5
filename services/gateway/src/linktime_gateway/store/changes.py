"""How processes on one database tell each other that what they remember of credentials is old.

Whatever changes an account, its keys or its sessions sends the user's id on CHANNEL in the same
transaction; what changes SCIM tokens the organization's.
"""

from typing import NoReturn, Protocol
from uuid import UUID

from linktime_common.ids import parse_id
from linktime_common.listening import keep_listening
from linktime_common.postgres import Database

CHANNEL = "gateway_credentials_changed"


class Memory(Protocol):
    """What must hear of changes."""

    def trust(self) -> None:
        """From now on every change is heard."""

    def distrust(self) -> None:
        """Changes may be missed from now on."""

    def forget(self, owner_id: UUID) -> None:
        """Something of this user's or organization's changed."""


class ChangeListener:
    """Listens on a connection of its own, outside the pool."""

    def __init__(self, database: Database, *memories: Memory) -> None:
        self._database = database
        self._memories = memories

    async def run(self) -> NoReturn:
        """Listen until cancelled; connect again whenever the connection is lost or silent."""
        await keep_listening(
            "changes of credentials are listened for",
            self._database,
            CHANNEL,
            self._on_change,
            on_begin=self._trust,
            on_end=self._distrust,
        )

    def _on_change(self, payload: str) -> None:
        owner_id = parse_id(payload)
        if owner_id is not None:
            for memory in self._memories:
                memory.forget(owner_id)

    def _trust(self) -> None:
        for memory in self._memories:
            memory.trust()

    def _distrust(self) -> None:
        for memory in self._memories:
            memory.distrust()
