"""A user changes their profile."""

from dataclasses import dataclass
from uuid import UUID

from linktime_common.contracts.events import next_version
from linktime_common.idempotency import WriteAttempt
from linktime_common.messaging import outbox
from linktime_scim.deps import Deps
from linktime_scim.domain.account import Account, user_updated
from linktime_scim.domain.errors import UserNotFound
from linktime_scim.store import users


@dataclass(frozen=True)
class ChangeProfile:
    """Fields with None keep their values, except `locale` if `sets_locale`."""

    user_id: UUID
    name: str | None
    timezone: str | None
    locale: str | None = None
    sets_locale: bool = False


async def change_profile(
    command: ChangeProfile, deps: Deps, attempt: WriteAttempt[Account]
) -> Account:
    """Return the account; publishes an event only for a change. Raises UserNotFound."""
    now = deps.clock.now()
    async with deps.database.transaction() as connection:
        await users.lock(connection, command.user_id)
        before = await users.find(connection, command.user_id)
        if before is None:
            raise UserNotFound(user_id=command.user_id)
        name = before.name if command.name is None else command.name
        timezone = before.timezone if command.timezone is None else command.timezone
        locale = command.locale if command.sets_locale else before.locale
        if (name, timezone, locale) == (before.name, before.timezone, before.locale):
            return before
        await users.set_profile(
            connection,
            before.id,
            name=name,
            timezone=timezone,
            locale=locale,
            version=next_version(0, now),
            now=now,
        )
        account = await users.find(connection, before.id)
        if account is None:
            raise UserNotFound(user_id=command.user_id)
        await attempt.keep(connection, account)
        await outbox.add(connection, user_updated(account, occurred_at=now))
        return account
