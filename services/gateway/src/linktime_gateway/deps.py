"""Dependencies of use cases and handlers."""

import asyncio
from dataclasses import dataclass

from aiohttp import web

from linktime_common.clock import Clock
from linktime_common.postgres import Database
from linktime_gateway.clients.directory import AccountDirectory
from linktime_gateway.clients.page_contents import PageContents
from linktime_gateway.clients.passwords import PasswordChecker
from linktime_gateway.domain.credentials import ApiKeyGrant, ScimTokenGrant
from linktime_gateway.domain.sessions import SessionGrant
from linktime_gateway.store.grant_cache import GrantCache
from linktime_gateway.store.last_uses import LastUses
from linktime_gateway.store.limits import Limits


@dataclass(frozen=True)
class Caps:
    """The maximum numbers of live credentials."""

    api_keys_per_user: int
    scim_tokens_per_organization: int


@dataclass(frozen=True)
class AccountMailRules:
    """Where links lead, and whether accounts without a password may get one."""

    public_url: str
    may_set_password: bool


@dataclass(frozen=True)
class Deps:
    database: Database
    clock: Clock
    directory: AccountDirectory
    passwords: PasswordChecker
    take_backs: asyncio.Semaphore  # of password attempts
    limits: Limits
    caps: Caps
    account_mails: AccountMailRules
    key_cache: GrantCache[ApiKeyGrant]
    session_cache: GrantCache[SessionGrant]
    scim_token_cache: GrantCache[ScimTokenGrant]
    last_uses: LastUses
    page_contents: PageContents
    uid_domain: str
    """The right part of the UIDs of bookings in calendars."""


DEPS = web.AppKey("deps", Deps)
