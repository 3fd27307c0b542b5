"""A private CalDAV server (Radicale) on loopback, with its calendars in a state folder."""

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import orjson

from linktime_common.private_files import write_private
from linktime_local.servers.errors import ServerUnavailable
from linktime_local.servers.small_server import PYTHON, SmallServer

CALENDAR = "meetings"
USER = "demo"
MULTI_STATUS = 207
NOT_FOUND = 404
MOST_BYTES = 10_000_000

# Radicale creates these for a user at the first request with the right password.
CALENDARS = {
    CALENDAR: {
        "tag": "VCALENDAR",
        "D:displayname": "Meetings",
        "C:supported-calendar-component-set": "VEVENT",
    }
}

# Passwords are random, and their file is private: a hash would only slow each request. A delay
# after a wrong password would slow the tests of it.
CONFIGURATION = """\
[server]
hosts = {host}:{port}
max_connections = 50
max_content_length = {most_bytes}
timeout = 30
[auth]
type = htpasswd
htpasswd_filename = {folder}/users
htpasswd_encryption = plain
htpasswd_cache = True
delay = 0
[rights]
type = owner_only
[storage]
filesystem_folder = {folder}/collections
predefined_collections = {calendars}
[web]
type = none
[logging]
level = warning
"""


@dataclass(frozen=True)
class ServerAccount:
    """A user of the server; `url` is the address of the user's calendar."""

    url: str
    user: str
    password: str

    @property
    def authorization(self) -> str:
        """The value of the header `Authorization`."""
        return f"Basic {b64encode(f'{self.user}:{self.password}'.encode()).decode()}"


class CalDavServer(SmallServer):
    """A private server with an account for each of `users`; each has one calendar, `meetings`.

    With `port` None, a free port is chosen at the first start.
    """

    def __init__(
        self, state: Path, *, port: int | None = None, users: Iterable[str] = (USER,)
    ) -> None:
        super().__init__("The calendar server", state, [port])
        self._users = list(users)
        self._ready_users: set[str] = set()  # whose calendars have been created

    @property
    def port(self) -> int:
        """The loopback port; known after the first start."""
        return self._port(0)

    @property
    def url(self) -> str:
        """The server's address, where discovery starts."""
        return f"http://{self.host}:{self.port}/"

    def account(self, user: str = USER) -> ServerAccount:
        """Return the account of a user; known after the first start."""
        url = f"{self.url}{user}/{CALENDAR}/"
        return ServerAccount(url, user, self._state.secret(f"user-{user}"))

    async def add_account(self, user: str) -> ServerAccount:
        """Create an account while the server runs, with an empty calendar."""
        self._users.append(user)
        self._write_users()
        account = self.account(user)
        async with aiohttp.ClientSession() as session:
            if await _status(session, account) != MULTI_STATUS:
                raise ServerUnavailable(f"The calendar server did not accept {user}.")
        self._ready_users.add(user)
        return account

    async def _command(self) -> list[str | Path]:
        folder = self._state.path
        self._write_users()
        configuration = CONFIGURATION.format(
            host=self.host,
            port=self.port,
            folder=folder,
            most_bytes=MOST_BYTES,
            calendars=orjson.dumps(CALENDARS).decode(),
        )
        write_private(folder / "radicale.conf", configuration)
        return [*PYTHON, "-m", "radicale", "--config", folder / "radicale.conf"]

    async def _answers(self, session: aiohttp.ClientSession) -> bool:
        new = [user for user in self._users if user not in self._ready_users]
        # After a restart, one user is enough.
        asked = new or self._users[:1]
        answers = [await _status(session, self.account(user)) for user in asked]
        # A user may have deleted the calendar.
        if not all(status in (MULTI_STATUS, NOT_FOUND) for status in answers):
            return False
        self._ready_users.update(asked)
        return True

    def _write_users(self) -> None:
        lines = [f"{user}:{self._state.secret(f'user-{user}')}\n" for user in self._users]
        write_private(self._state.path / "users", "".join(lines))


async def _status(session: aiohttp.ClientSession, account: ServerAccount) -> int:
    headers = {"Authorization": account.authorization, "Depth": "0"}
    async with session.request("PROPFIND", account.url, headers=headers) as response:
        return response.status
