"""The private servers besides PostgreSQL and RabbitMQ: of mail, a calendar and limits."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

from linktime_local.servers.caldav import CalDavServer
from linktime_local.servers.limit_store import LimitStoreServer
from linktime_local.servers.mail import MailSinkServer
from linktime_local.servers.small_server import LOG, SmallServer
from linktime_local.servers.state import OWNER_ONLY
from linktime_operator.errors import StackError
from linktime_operator.stack.concurrently import run_concurrently
from linktime_operator.stack.ports import Ports
from linktime_operator.stack.progress import Progress
from linktime_operator.stack.services import LOOPBACK
from linktime_operator.stack.settings import StackSettings
from linktime_operator.stack.units import PrivateServerUnit
from linktime_operator.stack_file import RunningCalendar, RunningMail

MAIL, CALENDAR, LIMIT_STORE = "mail", "calendar", "limit-store"
TITLES = {MAIL: "Mail sink", CALENDAR: "Calendar server", LIMIT_STORE: "Store of limits"}
SMTP = "BOOKINGS_SMTP_"
SMTP_HOST = f"{SMTP}HOST"


class SmallServers:
    """Each is left out if it is not wanted.

    That is: a real SMTP server is named, the calendar is off, only one gateway counts requests.

    `bookings` has settings of bookings besides those of the environment.
    """

    def __init__(
        self, state: Path, settings: StackSettings, ports: Ports, bookings: Mapping[str, str]
    ) -> None:
        self._state = state
        self._settings = settings
        self._ports = ports
        self._bookings = bookings
        self._mail: MailSinkServer | None = None
        self._calendar: CalDavServer | None = None
        self._limit_store: LimitStoreServer | None = None
        self.units: dict[str, PrivateServerUnit] = {}

    def prepare(self) -> None:
        """Choose the ports; raises StackError if the settings of SMTP are incomplete."""
        if not self._names_smtp_server():
            self._mail = MailSinkServer(
                self._folder(MAIL),
                smtp_port=self._ports.choose("mail-smtp", None),
                inbox_port=self._ports.choose("mail-inbox", None),
            )
            self._add_unit(MAIL, self._mail)
        if self._settings.calendar:
            port = self._ports.choose(CALENDAR, None)
            self._calendar = CalDavServer(self._folder(CALENDAR), port=port)
            self._add_unit(CALENDAR, self._calendar)
        if self._settings.replicas > 1:
            port = self._ports.choose(LIMIT_STORE, None)
            self._limit_store = LimitStoreServer(self._folder(LIMIT_STORE), port=port)
            self._add_unit(LIMIT_STORE, self._limit_store)

    async def start(self, progress: Progress) -> None:
        """Start them and return when they answer."""
        await run_concurrently(
            _start(progress, TITLES[name], unit) for name, unit in self.units.items()
        )

    async def stop(self) -> None:
        """Stop them."""
        await asyncio.gather(*(unit.stop() for unit in self.units.values()))

    @property
    def ports(self) -> list[int]:
        """Return their ports."""
        mail = [self._mail.smtp_port, self._mail.inbox_port] if self._mail else []
        others = [one.port for one in (self._calendar, self._limit_store) if one]
        return [*mail, *others]

    @property
    def calendar_port(self) -> int | None:
        """Return the port of the calendar server; None without one."""
        return self._calendar.port if self._calendar else None

    @property
    def limit_store_url(self) -> str | None:
        """Return the address of the store of limits; None without one."""
        return self._limit_store.url if self._limit_store else None

    @property
    def bookings_settings(self) -> dict[str, object]:
        """Return the settings with which bookings sends to the sink; none without one."""
        if self._mail is None:
            return {}
        return {"SMTP_HOST": LOOPBACK, "SMTP_PORT": self._mail.smtp_port, "SMTP_SECURITY": "none"}

    @property
    def mail(self) -> RunningMail | None:
        """Return the sink's entry in stack.json."""
        if self._mail is None:
            return None
        smtp = f"smtp://{self._mail.host}:{self._mail.smtp_port}"
        return RunningMail(smtp=smtp, inbox=self._mail.inbox, pid=self.units[MAIL].pid)

    @property
    def calendar(self) -> RunningCalendar | None:
        """Return the calendar's entry in stack.json."""
        if self._calendar is None:
            return None
        account = self._calendar.account()
        return RunningCalendar(
            url=account.url,
            user=account.user,
            password=account.password,
            pid=self.units[CALENDAR].pid,
        )

    def _names_smtp_server(self) -> bool:
        given = {**os.environ, **self._bookings}
        if SMTP_HOST in given:
            return True
        for name in sorted(given):
            if name.startswith(SMTP):
                raise StackError(f"{name} is set without {SMTP_HOST}; set both, or unset it.")
        return False

    def _folder(self, name: str) -> Path:
        folder = self._state / name
        folder.mkdir(mode=OWNER_ONLY, exist_ok=True)
        return folder

    def _add_unit(self, name: str, server: SmallServer) -> None:
        self.units[name] = PrivateServerUnit(name, server, self._state / name / LOG)


async def _start(progress: Progress, title: str, unit: PrivateServerUnit) -> None:
    with progress.step(title):
        await unit.start()
