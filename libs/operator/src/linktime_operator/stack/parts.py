"""The parts of a stack: servers and services, how they find each other, and their description."""

import os
from collections.abc import Mapping
from pathlib import Path

import aiohttp

from linktime_common.http.client import open_session
from linktime_common.messaging.topology import Topology
from linktime_local.servers import postgres_place
from linktime_local.servers.state import StateFolder
from linktime_operator.clients import Clients
from linktime_operator.stack import services
from linktime_operator.stack.environment import most_connections
from linktime_operator.stack.kept import KeptSecrets
from linktime_operator.stack.ports import Ports
from linktime_operator.stack.processes import Processes
from linktime_operator.stack.progress import Progress, Silent
from linktime_operator.stack.servers import Postgres, RabbitMQ
from linktime_operator.stack.services import OPERATOR, SERVICES, Wiring
from linktime_operator.stack.settings import StackSettings
from linktime_operator.stack.small_servers import CALENDAR, LIMIT_STORE, MAIL, SmallServers
from linktime_operator.stack.supervisor import Supervisor
from linktime_operator.stack.units import Unit
from linktime_operator.stack_file import Demo, OperatorKeys, StackFile

SERVERS = ("rabbitmq", "postgres", MAIL, CALENDAR, LIMIT_STORE)


class StackParts:
    """Everything that a stack consists of; `Stack` starts and stops it.

    `state` keeps everything that survives a restart. `environment` adds settings to a service
    (`{"bookings": {"BOOKINGS_…": "…"}}`). A `temporary` stack is for a test: not durable, and
    removed from given servers.
    """

    def __init__(
        self,
        state: Path,
        settings: StackSettings | None = None,
        *,
        name: str = "linktime",
        environment: Mapping[str, Mapping[str, str]] | None = None,
        temporary: bool = False,
        progress: Progress | None = None,
    ) -> None:
        self.state = state.absolute()
        self._name = name
        self._settings = settings or StackSettings()
        self._progress = progress or Silent()
        self._secrets = KeptSecrets(self.state / "secrets")
        self._lock = StateFolder(self.state, postgres_place.folder_mode())
        ports = self._ports = Ports(self.state / "ports.json", self._progress.say)
        given = (self.state, self._settings, ports, self._secrets, temporary)
        environment = environment or {}
        connections = most_connections(environment, self._settings.replicas)
        self._postgres = Postgres(name, *given, connections)
        self._rabbitmq = RabbitMQ(Topology(name), *given)
        self._small_servers = SmallServers(
            self.state, self._settings, ports, environment.get("bookings", {})
        )
        self._processes = Processes(self.state, environment, self._settings.replicas)
        self._supervisor = Supervisor(self._write_file, self._progress.say)
        self._session: aiohttp.ClientSession | None = None
        self._demo: Demo | None = None
        self._has_started = False

    @property
    def file(self) -> StackFile:
        """Return the content of stack.json."""
        gateway = self._processes.addresses["gateway"].url
        return StackFile(
            pid=os.getpid(),
            gateway=gateway,
            public_url=self._public_url,
            demo=self._demo,
            services={name: self._processes.describe(name) for name in SERVICES},
            postgres=self._postgres.describe(),
            rabbitmq=self._rabbitmq.describe(),
            mail=self._small_servers.mail,
            calendar=self._small_servers.calendar,
            operator=OperatorKeys(keys=services.issued_by(OPERATOR, self._secrets)),
        )

    @property
    def webhook_settings(self) -> dict[str, str]:
        """Return the settings of where webhooks may go; empty: public https addresses only."""
        environment = self._processes.environment_of("webhooks", self._wiring())
        names = services.variables("webhooks", services.WEBHOOKS_FOR_DEVELOPMENT)
        return {name: environment[name] for name in names if name in environment}

    @property
    def clients(self) -> Clients:
        """Return clients of the services' internal ports."""
        addresses = self._processes.addresses
        urls = {name: address.internal_url for name, address in addresses.items()}
        return Clients(self._open_session(), urls, services.issued_by(OPERATOR, self._secrets))

    def _wiring(self, dsns: Mapping[str, str] | None = None) -> Wiring:
        """Return the wiring with `dsns`, which are known once PostgreSQL runs."""
        self._ports.remember()
        return Wiring(
            addresses=self._processes.addresses,
            public_url=self._public_url,
            dsns=dsns or self._postgres.dsns,
            broker_urls=self._rabbitmq.urls,
            other_ports=[*self._rabbitmq.other_ports, *self._small_servers.ports],
            broker_prefix=self._name,
            keys=self._secrets,
            smtp=self._small_servers.bookings_settings,
            calendar_port=self._small_servers.calendar_port,
            limit_store_url=self._small_servers.limit_store_url,
        )

    @property
    def _public_url(self) -> str:
        return str(self._settings.public_url or self._processes.addresses["gateway"].url)

    def _units(self, name: str) -> list[Unit]:
        if name not in SERVERS:
            return [*self._processes.of(name)]
        servers = {
            "postgres": self._postgres.unit,
            "rabbitmq": self._rabbitmq.unit,
            **self._small_servers.units,
        }
        server = servers.get(name)
        return [] if server is None else [server]

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = open_session()
        return self._session

    async def _close_session(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _write_file(self) -> None:
        if not self._has_started:  # a service was restarted before all were ready
            return
        self.file.write(self.state)
