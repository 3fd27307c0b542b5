"""The two servers of a stack, private or given, with the services' users on them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from linktime_common.messaging.topology import Topology
from linktime_local.servers.errors import ServerUnavailable
from linktime_local.servers.postgres import PostgresServer
from linktime_local.servers.rabbitmq import RabbitMQServer
from linktime_local.servers.rabbitmq_binaries import named_cache_folder
from linktime_local.servers.rabbitmq_environment import refuse_path
from linktime_local.servers.state import OWNER_ONLY
from linktime_operator.errors import StackError
from linktime_operator.stack import broker, databases
from linktime_operator.stack.kept import KeptSecrets
from linktime_operator.stack.ports import Ports
from linktime_operator.stack.services import SERVICES
from linktime_operator.stack.settings import StackSettings
from linktime_operator.stack.units import PrivateServerUnit
from linktime_operator.stack_file import RunningPostgres, RunningRabbitMQ, ServiceDatabase

DEFAULT_POSTGRES_PORT = 5432


@dataclass
class Postgres:
    """One database per service; `dsns` is set by `start`."""

    stack: str
    state: Path
    settings: StackSettings
    ports: Ports
    secrets: KeptSecrets
    temporary: bool
    max_connections: int
    unit: PrivateServerUnit | None = None
    dsns: Mapping[str, str] = field(default_factory=dict)

    async def start(self, note: Callable[[str], None]) -> None:
        """Start it if it is private, then create databases and roles."""
        administrator, called = self._given(), databases.GIVEN
        if administrator is None:
            server = PostgresServer(
                self.state / "postgresql",
                port=self.ports.choose("postgres", self.settings.postgres_port),
                max_connections=self.max_connections,
                durable=not self.temporary,
                progress=note,
            )
            log = self.state / "postgresql" / "postgres.log"
            self.unit = PrivateServerUnit("postgres", server, log)
            await self.unit.start()
            administrator, called = server.dsn, "PostgreSQL"
        note("databases and roles")
        self.dsns = await databases.ensure(
            administrator, self.stack, SERVICES, self.secrets, called=called
        )

    async def stop(self) -> None:
        """Stop it if it is private; on a given one, remove what was only for a test."""
        if self.unit is not None:
            await self.unit.stop()
        elif self.temporary and (given := self._given()):
            await databases.drop(given, self.stack, SERVICES)

    def describe(self) -> RunningPostgres:
        """Return the entry in stack.json."""
        server = urlsplit(next(iter(self.dsns.values())))
        return RunningPostgres(
            host=server.hostname or "127.0.0.1",
            port=server.port or DEFAULT_POSTGRES_PORT,
            pid=self.unit.pid if self.unit else None,
            databases={name: ServiceDatabase(dsn=dsn) for name, dsn in self.dsns.items()},
        )

    def _given(self) -> str | None:
        given = self.settings.postgres_dsn
        return given.get_secret_value() if given else None


@dataclass
class RabbitMQ:
    """One user per service on a private broker; `urls` is set by `prepare`."""

    topology: Topology
    state: Path
    settings: StackSettings
    ports: Ports
    secrets: KeptSecrets
    temporary: bool
    unit: PrivateServerUnit | None = None
    url: str = ""
    urls: Mapping[str, str] = field(default_factory=dict)
    server: RabbitMQServer | None = None
    declared: bool = False

    def prepare(self, note: Callable[[str], None]) -> None:
        """Choose the broker and its users; sets `url` and `urls`."""
        given = self.settings.amqp_url
        if given is not None:
            # Creating users needs more than AMQP, so on a given broker all services share its user.
            self.url = given.get_secret_value()
            self.urls = dict.fromkeys(SERVICES, self.url)
            return
        users = broker.users(self.topology, SERVICES, self.secrets)
        port = self.ports.choose("rabbitmq", self.settings.amqp_port)
        folder = self.state / "rabbitmq"
        try:
            refuse_path(folder)  # both before anything is started
            named_cache_folder()
        except ServerUnavailable as error:
            raise StackError(str(error)) from error
        folder.mkdir(mode=OWNER_ONLY, exist_ok=True)
        server = self.server = RabbitMQServer(folder, port=port, users=users, progress=note)
        self.unit = PrivateServerUnit("rabbitmq", server, folder / "rabbitmq.log")
        self.url = server.url
        self.urls = {user.name: server.url_of(user.name, user.password) for user in users}

    async def start(self, note: Callable[[str], None]) -> None:
        """Start it if it is private, then declare exchanges and queues."""
        if self.unit is not None:
            await self.unit.start()
        note("exchanges and queues")
        called = broker.GIVEN if self.unit is None else "RabbitMQ"
        await broker.declare(self.url, self.topology, called=called)
        self.declared = True

    @property
    def other_ports(self) -> list[int]:
        """Return the ports besides that of `url` of a private broker; known once it is started."""
        return self.server.other_ports if self.server else []

    async def stop(self) -> None:
        """Stop it if it is private; on a given one, remove what was only for a test."""
        if self.unit is not None:
            await self.unit.stop()
        elif self.temporary and self.declared:
            await broker.remove(self.url, self.topology)

    def describe(self) -> RunningRabbitMQ:
        """Return the entry in stack.json."""
        return RunningRabbitMQ(url=self.url, pid=self.unit.pid if self.unit else None)
