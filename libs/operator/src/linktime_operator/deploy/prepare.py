"""Databases, roles, broker users, exchanges and queues on external servers."""

from collections.abc import Mapping
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic import PositiveInt, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from linktime_common.messaging.broker_users import definitions
from linktime_common.messaging.topology import Topology
from linktime_common.setting_types import AmqpUrl, PostgresDsn
from linktime_operator.deploy.secrets import STACK
from linktime_operator.errors import WrongSettings
from linktime_operator.stack import broker, databases
from linktime_operator.stack.management import open_management
from linktime_operator.stack.services import OPERATOR, SERVICES


class PrepareSettings(BaseSettings):
    """The administrators' DSNs of the servers, and the services' passwords on them.

    Without `postgres_dsn` no database is created: someone else does. `passwords` by name, such as
    `rabbitmq-bookings`. Queues are declared once `rabbitmq_nodes` nodes run, so that each gets a
    member on every node. `rabbitmq_user` and `rabbitmq_password` are those of `amqp_url`, where it
    has none.
    """

    model_config = SettingsConfigDict(env_prefix="LINKTIME_", frozen=True, extra="ignore")

    postgres_dsn: PostgresDsn | None = None
    amqp_url: AmqpUrl
    rabbitmq_management_url: str
    rabbitmq_user: str | None = None
    rabbitmq_password: SecretStr | None = None
    rabbitmq_nodes: PositiveInt = 1
    passwords: dict[str, SecretStr]

    def administrator_url(self) -> str:
        """Return `amqp_url` with the administrator's login."""
        url = self.amqp_url.get_secret_value()
        if self.rabbitmq_user is None or self.rabbitmq_password is None:
            return url
        parts = urlsplit(url)
        password = self.rabbitmq_password.get_secret_value()
        login = f"{quote(self.rabbitmq_user, '')}:{quote(password, '')}"
        return urlunsplit(parts._replace(netloc=f"{login}@{parts.netloc.rpartition('@')[2]}"))


class GivenPasswords:
    """Passwords from the settings."""

    def __init__(self, passwords: Mapping[str, SecretStr]) -> None:
        self._passwords = passwords

    def password(self, name: str) -> str:
        """Return the password; raises WrongSettings when it is not set."""
        if name not in self._passwords:
            raise WrongSettings(
                f"LINKTIME_PASSWORDS has no {name}; make the files again with "
                "`linktime deploy secrets`."
            )
        return self._passwords[name].get_secret_value()


async def prepare(settings: PrepareSettings) -> list[str]:
    """Create what is missing and update the rest; can be repeated.

    Returns the queues that got members on more nodes. Raises StackError when a server cannot be
    reached or refuses.
    """
    passwords = GivenPasswords(settings.passwords)
    if settings.postgres_dsn is not None:
        administrator = settings.postgres_dsn.get_secret_value()
        await databases.ensure(administrator, STACK, SERVICES, passwords)
    topology = Topology(STACK)
    amqp_url = settings.administrator_url()
    users = [
        *broker.users(topology, SERVICES, passwords),
        broker.observer(OPERATOR, passwords),
    ]
    async with open_management(settings.rabbitmq_management_url, amqp_url) as management:
        await management.until_whole(STACK, settings.rabbitmq_nodes)
        await management.import_definitions(definitions(users))
        await broker.declare(amqp_url, topology)
        return await management.grow(STACK)
