"""Endpoints' settings and secrets, cached for a few seconds."""

import time
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import orjson

from linktime_common.ids import parse_id
from linktime_common.listening import keep_listening
from linktime_common.logs import logger
from linktime_common.postgres import Database
from linktime_common.sealing import SealBroken, Sealer
from linktime_webhooks.clients.subscriber import Target
from linktime_webhooks.store import targets
from linktime_webhooks.store.endpoints import CHANGED
from linktime_webhooks.store.targets import SealedTarget

KEPT_SECONDS = 5.0


class Targets:
    """Caches targets; a notification drops a changed one, else it expires after five seconds."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer
        self._known: dict[UUID, tuple[float, Target]] = {}

    async def find(self, endpoint_ids: Iterable[UUID]) -> Mapping[UUID, Target]:
        """Return the targets; deleted, disabled and unreadable endpoints are missing."""
        wanted = set(endpoint_ids)
        # Collected first: cached targets may be dropped while the others are loaded.
        found = {one: target for one in wanted if (target := self._fresh(one)) is not None}
        if missing := wanted - found.keys():
            async with self._database.connection() as connection:
                sealed = await targets.load(connection, list(missing))
            found |= self._learn(sealed)
        return found

    def forget_old(self) -> None:
        """Drop expired targets with their secrets."""
        self._known = {key: one for key, one in self._known.items() if self._fresh(key)}

    async def listen(self) -> None:
        """Drop changed targets, until cancelled."""
        await keep_listening("webhook endpoint listener", self._database, CHANGED, self._on_change)

    def _on_change(self, payload: str) -> None:
        endpoint_id = parse_id(payload)
        if endpoint_id is not None:
            self._known.pop(endpoint_id, None)

    def _fresh(self, endpoint_id: UUID) -> Target | None:
        loaded_at, target = self._known.get(endpoint_id, (0.0, None))
        return target if time.monotonic() - loaded_at < KEPT_SECONDS else None

    def _learn(self, sealed: Sequence[SealedTarget]) -> dict[UUID, Target]:
        now, opened = time.monotonic(), dict[UUID, Target]()
        for one in sealed:
            try:
                opened[one.id] = self._open(one)
            except SealBroken:
                # Its deliveries are put back until an operator has fixed this.
                logger().exception("decrypting the endpoint failed", endpoint_id=str(one.id))
        self._known |= {key: (now, target) for key, target in opened.items()}
        return opened

    def _open(self, sealed: SealedTarget) -> Target:
        headers = {}
        if sealed.sealed_headers is not None:
            row = f"endpoint_headers/{sealed.id}"
            headers = orjson.loads(self._sealer.open(sealed.sealed_headers, row=row))
        if not sealed.sealed_secrets:
            raise SealBroken("the endpoint has no secret")
        row = f"endpoints/{sealed.id}"
        secrets = [self._sealer.open(one, row=row) for one in sealed.sealed_secrets]
        return Target(sealed.owner_id, sealed.url, secrets, headers)
