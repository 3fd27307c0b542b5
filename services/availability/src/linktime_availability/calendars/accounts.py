"""The adapter of an account, and its sealed credentials."""

from urllib.parse import urlsplit

import orjson
from pydantic import BaseModel, ConfigDict, SecretStr

from linktime_availability.calendars.caldav.adapter import TIMEOUTS, CalDavAdapter
from linktime_availability.calendars.caldav.requests import CalDavAccount, CalDavTimeouts
from linktime_availability.calendars.ics import IcsFeed
from linktime_availability.calendars.port import CalendarAdapter, Invalid
from linktime_availability.calendars.presets import ConnectionKind, other_hosts_of
from linktime_availability.domain.calendars import CalendarAccount
from linktime_common.egress.client import GuardedClient
from linktime_common.sealing import Sealer


class Credentials(BaseModel):
    """What a host enters; the address of a feed is a secret too."""

    model_config = ConfigDict(frozen=True)

    url: SecretStr
    user: str = ""
    password: SecretStr = SecretStr("")

    @property
    def server(self) -> str:
        """The host of the address; raises Invalid."""
        try:
            host = urlsplit(self.url.get_secret_value()).hostname
        except ValueError:
            host = None
        if not host:
            raise Invalid("The address has no host name")
        return host

    def seal(self, sealer: Sealer, row: str) -> bytes:
        """Encrypt them for `row`."""
        plain = {
            "url": self.url.get_secret_value(),
            "user": self.user,
            "password": self.password.get_secret_value(),
        }
        return sealer.seal(orjson.dumps(plain), row=row)


def row_of(account_id: object) -> str:
    """Return the row to which the credentials of an account are bound."""
    return f"calendar_accounts/{account_id}"


def open_credentials(account: CalendarAccount, sealer: Sealer) -> Credentials:
    """Decrypt the credentials of an account; raises SealBroken."""
    plain = sealer.open(account.credentials, row=row_of(account.id))
    return Credentials.model_validate_json(plain)


def open_adapter(
    kind: str,
    credentials: Credentials,
    client: GuardedClient,
    *,
    seconds: float = TIMEOUTS.call_seconds,
) -> CalendarAdapter:
    """Return the adapter of an account; raises Invalid for an address that cannot be used."""
    url = credentials.url.get_secret_value()
    if kind == ConnectionKind.ICS:
        return IcsFeed(client, url, call_seconds=seconds)
    account = CalDavAccount(
        url,
        credentials.user,
        credentials.password.get_secret_value(),
        tuple(other_hosts_of(url)),
    )
    return CalDavAdapter(client, account, CalDavTimeouts(call_seconds=seconds))
