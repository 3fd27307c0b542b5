"""Sends requests with the account's password, which only trusted addresses get."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from linktime_availability.calendars.caldav.addresses import (
    Members,
    TrustedAddresses,
    same_origin,
)
from linktime_availability.calendars.caldav.multistatus import Multistatus, read_multistatus
from linktime_availability.calendars.failures import of_failure, of_status
from linktime_availability.calendars.port import Invalid
from linktime_common.egress.client import (
    Authorization,
    GuardedAnswer,
    GuardedClient,
    RequestLimits,
)
from linktime_common.egress.errors import RequestFailed

XML = "application/xml; charset=utf-8"
MOST_BODY_BYTES = 10 * 1024 * 1024
MOST_HOSTS = 3  # a provider's entrance, and where it leads


@dataclass(frozen=True)
class CalDavAccount:
    """What a host entered. `other_hosts` are those of the provider, from the presets."""

    url: str
    user: str
    password: str = field(repr=False)
    other_hosts: tuple[str, ...] = ()


@dataclass(frozen=True)
class CalDavTimeouts:
    """Of each call with all its requests, and of `sync`; a request of it has that of a call.

    Only a list of all objects may take as long as `sync`: some servers compute it when they are
    first asked for it.
    """

    call_seconds: float = 30.0
    first_sync_seconds: float = 300.0


@dataclass(frozen=True)
class DavAnswer:
    """A parsed answer and the address that it came from."""

    url: str
    parts: Multistatus


class DavClient:
    """Requests of one account."""

    def __init__(
        self, client: GuardedClient, account: CalDavAccount, timeouts: CalDavTimeouts
    ) -> None:
        self._client = client
        self.addresses = TrustedAddresses(account.url, account.other_hosts)
        try:
            self._authorization = Authorization.basic(account.user, account.password)
        except ValueError as error:
            raise Invalid(str(error)) from None
        self._limits = _limits(timeouts.call_seconds)
        self._first_limits = _limits(timeouts.first_sync_seconds)

    async def ask(
        self, method: str, url: str, body: bytes, *, depth: int, is_first: bool = False
    ) -> GuardedAnswer:
        """Return the answer to PROPFIND or REPORT, with any status."""
        headers = {"Content-Type": XML, "Depth": str(depth)}
        limits = self._first_limits if is_first else self._limits
        return await self._send(method, url, headers, body, limits)

    async def read(self, method: str, url: str, body: bytes, *, depth: int) -> DavAnswer:
        """Return the parsed answer to PROPFIND or REPORT; raises CalendarError."""
        answer = await self.ask(method, url, body, depth=depth)
        if answer.status != HTTPStatus.MULTI_STATUS:
            raise of_status(answer)
        return DavAnswer(answer.url, await read_multistatus(answer.body))

    async def read_members(
        self, method: str, calendar: str, body: bytes, *, depth: int, is_first: bool = False
    ) -> Multistatus:
        """Return the parsed answer about a calendar, its members with their names in it."""
        answer = await self.ask(method, calendar, body, depth=depth, is_first=is_first)
        return await self.members(calendar, answer)

    async def members(self, calendar: str, answer: GuardedAnswer) -> Multistatus:
        """Return an answer about a calendar as `read_members` does; raises CalendarError."""
        if answer.status != HTTPStatus.MULTI_STATUS:
            raise of_status(answer)
        names = Members(self.addresses, calendar, answer.url)
        return await read_multistatus(answer.body, names.name)

    async def write(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b""
    ) -> GuardedAnswer:
        """Return the answer to PUT or DELETE, with any status."""
        return await self._send(method, url, headers, body, self._limits)

    async def _send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        limits: RequestLimits,
    ) -> GuardedAnswer:
        for _ in range(MOST_HOSTS):
            url = self.addresses.check(url)
            try:
                answer = await self._client.request(
                    method,
                    url,
                    headers=headers,
                    body=body,
                    auth=self._authorization,
                    limits=limits,
                    check_redirect=self.addresses.check,
                )
            except RequestFailed as error:
                raise of_failure(error) from None
            if same_origin(url, answer.url):
                return answer
            # The guarded client followed a redirect to a trusted origin without the password.
            if answer.status != HTTPStatus.UNAUTHORIZED:
                return answer
            url = answer.url
        raise Invalid("The server redirects too many times")


def _limits(seconds: float) -> RequestLimits:
    """Return the limits; a server that computes a list sends nothing meanwhile."""
    return RequestLimits(seconds, idle_seconds=seconds, body_bytes=MOST_BODY_BYTES)
