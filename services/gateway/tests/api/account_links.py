"""Makes links as bookings does, and reads the mails that the gateway has requested."""

import json
from dataclasses import dataclass
from typing import Any

import asyncpg
from services.gateway.tests.api.callers import Browser

from linktime_common.identity import CallerKind
from linktime_local.testing.services import Running
from linktime_local.testing.waiting import eventually

REQUESTED = """
    SELECT envelope
      FROM outbox
     WHERE routing_key = 'account.mail_requested.v1'
     ORDER BY seq
"""
UNDECIDED = "SELECT count(*) FROM account_mail_requests WHERE published_at IS NULL"


@dataclass(frozen=True)
class AccountMails:
    """`database` is that of the gateway."""

    gateway: Running
    database: asyncpg.Connection

    async def make(self, kind: str, user: Browser, **changes: Any) -> tuple[int, Any]:
        """Call the internal route as bookings."""
        body = {"userId": user.user_id, "kind": kind, "email": user.email, **changes}
        async with self.gateway.session.post(
            f"{self.gateway.internal_url}/internal/account-links",
            json=body,
            headers=self.gateway.identity(CallerKind.SERVICE, issuer="bookings"),
        ) as response:
            return response.status, await response.json()

    async def secret(self, kind: str, user: Browser) -> str:
        """Return the secret of a new link."""
        return (await self.address(kind, user)).rpartition("/")[2]

    async def address(self, kind: str, user: Browser) -> str:
        """Return the path of a new link."""
        status, made = await self.make(kind, user)
        assert status == 201, made
        return str(made["url"]).removeprefix("http://linktime.test:8080")

    async def decided(self) -> None:
        """Wait until no request waits for the job."""

        async def none() -> bool:
            return not await self.database.fetchval(UNDECIDED)

        await eventually(none)

    async def requested(self, user_id: str) -> list[str]:
        """Return the kinds of mails of this user, in order, once all requests are decided."""
        await self.decided()
        envelopes = [json.loads(row["envelope"]) for row in await self.database.fetch(REQUESTED)]
        return [one["data"]["kind"] for one in envelopes if one["data"]["userId"] == user_id]

    async def age(self, user_id: str, interval: str = "2 hours") -> None:
        """Let time pass for the links and mails of this user."""
        await self.database.execute(
            f"""
            UPDATE account_mail_requests SET published_at = published_at - interval '{interval}'
             WHERE user_id = $1
            """,
            user_id,
        )
        await self.database.execute(
            f"""
            UPDATE account_links SET expires_at = expires_at - interval '{interval}'
             WHERE user_id = $1
            """,
            user_id,
        )
