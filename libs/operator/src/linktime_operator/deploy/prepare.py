"""Databases, roles, broker users, exchanges and queues on external servers."""

from collections.abc import Mapping
from urllib.parse import urlsplit

import aiohttp
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from linktime_common.messaging.broker_users import definitions
from linktime_common.messaging.topology import Topology
from linktime_common.setting_types import AmqpUrl, PostgresDsn
from linktime_operator.deploy.secrets import STACK
from linktime_operator.errors import StackError, WrongSettings
from linktime_operator.stack import broker, databases
from linktime_operator.stack.reasons import reason_of
from linktime_operator.stack.services import SERVICES

CALL_SECONDS = 30.0
ACCEPTED = 300
MANAGEMENT = "RabbitMQ's management (LINKTIME_RABBITMQ_MANAGEMENT_URL)"


class PrepareSettings(BaseSettings):
    """The administrators' DSNs of the servers, and the services' passwords on them.

    Without `postgres_dsn` no database is created: someone else does. `passwords` by name, such as
    `rabbitmq-bookings`.
    """

    model_config = SettingsConfigDict(env_prefix="LINKTIME_", frozen=True, extra="ignore")

    postgres_dsn: PostgresDsn | None = None
    amqp_url: AmqpUrl
    rabbitmq_management_url: str
    passwords: dict[str, SecretStr]


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


async def prepare(settings: PrepareSettings) -> None:
    """Create what is missing and update the rest; can be repeated.

    Raises StackError when a server cannot be reached or refuses.
    """
    passwords = GivenPasswords(settings.passwords)
    if settings.postgres_dsn is not None:
        administrator = settings.postgres_dsn.get_secret_value()
        await databases.ensure(administrator, STACK, SERVICES, passwords)
    topology = Topology(STACK)
    amqp_url = settings.amqp_url.get_secret_value()
    users = definitions(broker.users(topology, SERVICES, passwords))
    await _import(settings.rabbitmq_management_url, amqp_url, users)
    await broker.declare(amqp_url, topology)


async def _import(management_url: str, amqp_url: str, document: str) -> None:
    login = urlsplit(amqp_url)
    who = aiohttp.BasicAuth(login.username or "", login.password or "")
    timeout = aiohttp.ClientTimeout(total=CALL_SECONDS)
    url = f"{management_url.rstrip('/')}/api/definitions"
    headers = {"Content-Type": "application/json"}
    try:
        async with (
            aiohttp.ClientSession(auth=who, timeout=timeout) as session,
            session.post(url, data=document, headers=headers) as response,
        ):
            if response.status >= ACCEPTED:
                raise StackError(f"RabbitMQ refused the services' users ({response.status}).")
    except (OSError, TimeoutError, aiohttp.ClientError) as error:
        raise StackError(f"{MANAGEMENT} cannot be used: {reason_of(error)}") from error
