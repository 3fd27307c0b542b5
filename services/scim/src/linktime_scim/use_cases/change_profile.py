"""A user changes their profile."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from linktime_common.contracts.events import next_version
from linktime_common.idempotency import WriteAttempt
from linktime_common.messaging import outbox
from linktime_common.postgres import Connection
from linktime_scim.deps import Deps
from linktime_scim.domain.account import Account, user_updated
from linktime_scim.domain.errors import TooManyUsernames, UserNotFound
from linktime_scim.domain.usernames import MOST_FORMER, kept_since
from linktime_scim.store import former_usernames, users


@dataclass(frozen=True)
class ChangeProfile:
    """Fields with None keep their values, except `locale` if `sets_locale`."""

    user_id: UUID
    name: str | None
    timezone: str | None
    username: str | None = None
    locale: str | None = None
    sets_locale: bool = False

    def applied_to(self, account: Account) -> Account:
        """Return the changed account."""
        return replace(
            account,
            name=account.name if self.name is None else self.name,
            timezone=account.timezone if self.timezone is None else self.timezone,
            username=account.username if self.username is None else self.username,
            locale=self.locale if self.sets_locale else account.locale,
        )


async def change_profile(
    command: ChangeProfile, deps: Deps, attempt: WriteAttempt[Account]
) -> Account:
    """Return the account; publishes an event only for a change.

    Raises UserNotFound, UsernameTaken, TooManyUsernames.
    """
    now = deps.clock.now()
    async with deps.database.transaction() as connection:
        await users.lock(connection, command.user_id)
        before = await users.find(connection, command.user_id)
        if before is None:
            raise UserNotFound(user_id=command.user_id)
        wanted = command.applied_to(before)
        if wanted == before:
            return before
        if wanted.username != before.username:
            await _rename(connection, before, wanted.username, now=now)
        await users.set_profile(
            connection,
            before.id,
            name=wanted.name,
            timezone=wanted.timezone,
            locale=wanted.locale,
            version=next_version(0, now),
            now=now,
        )
        account = await users.find(connection, before.id)
        if account is None:
            raise UserNotFound(user_id=command.user_id)
        await attempt.keep(connection, account)
        await outbox.add(connection, user_updated(account, occurred_at=now))
        return account


async def _rename(connection: Connection, before: Account, username: str, *, now: datetime) -> None:
    """Change the username; the previous one stays a name of the account."""
    both = [before.username, username]  # the previous one becomes a former one, the new one is none
    others = await former_usernames.count_others(connection, before.id, both, kept_since(now))
    if others >= MOST_FORMER:
        raise TooManyUsernames(user_id=before.id)
    await users.set_username(connection, before.id, username, now=now)
    await former_usernames.add(connection, before.username, before.id, now=now)
