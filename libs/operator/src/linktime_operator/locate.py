"""Finding the services to operate: a local stack, or those in the settings."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr, TypeAdapter, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from linktime_common.http.client import open_session
from linktime_common.identity import Key
from linktime_common.setting_types import PublicUrl
from linktime_common.settings import with_fields
from linktime_operator import stack_file
from linktime_operator.clients import Clients
from linktime_operator.environment import read
from linktime_operator.errors import OperatorError
from linktime_operator.stack.kept import KeptSecrets
from linktime_operator.stack.services import SERVICES
from linktime_operator.stack.settings import StateSettings

HOW_TO_START = (
    "No running LinkTime was found. Start one with `make run` (or `linktime run`), name its state "
    "folder with LINKTIME_STATE, or name a remote one with LINKTIME_<SERVICE>_INTERNAL_URL and "
    "LINKTIME_OPERATOR_KEYS."
)

_BY_SERVICE = TypeAdapter(dict[str, str])


def _operator_keys(given: Any) -> dict[str, SecretStr]:
    if isinstance(given, dict):  # the default
        return given
    try:
        keys = _BY_SERVICE.validate_json(given)
    except ValidationError as error:
        raise ValueError('must be a JSON object such as {"scim": "<key id>:<secret>"}') from error
    for service, key in keys.items():
        try:
            Key.parse(key)
        except ValueError as error:
            raise ValueError(
                f"must have for {service} a key as it was made, <key id>:<secret>"
            ) from error
    return {service: SecretStr(key) for service, key in keys.items()}


@with_fields(**{f"{service}_internal_url": (str | None, None) for service in SERVICES})
class RemoteSettings(BaseSettings):
    """Addresses of remote servers, and the operator's keys: {"scim": "<key id>:<secret>", …}."""

    model_config = SettingsConfigDict(env_prefix="LINKTIME_", frozen=True, extra="ignore")

    # The address that people use, whose certificate doctor looks at.
    public_url: PublicUrl | None = None
    operator_keys: Annotated[dict[str, SecretStr], NoDecode, BeforeValidator(_operator_keys)] = {}
    # With the login of a user that may see nodes and queues.
    rabbitmq_management_url: SecretStr | None = None
    # The days on which the secrets were made, by their names.
    secrets_made: Annotated[
        dict[str, date] | None, Field(examples=[{"bookings-links": "2026-03-01"}])
    ] = None

    def urls(self) -> dict[str, str]:
        """Return the configured internal addresses."""
        named = {name: getattr(self, f"{name}_internal_url") for name in SERVICES}
        return {name: url for name, url in named.items() if url}


def state_folder() -> Path:
    """Return the state folder of `linktime run`: LINKTIME_STATE, else `.run` in the checkout."""
    named = read(StateSettings).state
    if named is not None:
        return named.absolute()
    checkout = Path(__file__).resolve().parents[4]
    root = checkout if (checkout / "services").is_dir() else Path.cwd()
    return root / stack_file.FOLDER


def running_stack() -> stack_file.StackFile | None:
    """Return the running local stack.

    That of LINKTIME_STATE, or of the nearest .run going upwards, else of the checkout's.
    """
    found = _running()
    return None if found is None else found[1]


def running_folder() -> Path:
    """Return the state folder of the running local stack, else the one that a start would use."""
    found = _running()
    return state_folder() if found is None else found[0]


def _running() -> tuple[Path, stack_file.StackFile] | None:
    named = read(StateSettings).state
    here = Path.cwd()
    nearest = [folder / stack_file.FOLDER for folder in (here, *here.parents)]
    for folder in (*nearest, state_folder()) if named is None else (named,):
        found = stack_file.read(folder, SERVICES)
        if found is not None:
            return folder, found
    return None


def public_url() -> str | None:
    """Return the address that people use, if it is known."""
    remote = read(RemoteSettings)
    if remote.public_url is not None:
        return str(remote.public_url)
    running = running_stack()
    return running.public_url if running else None


def addresses() -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return internal addresses and operator keys by service; raises OperatorError without any."""
    remote = read(RemoteSettings)
    if remote.urls():
        keys = {name: key.get_secret_value() for name, key in remote.operator_keys.items()}
        return remote.urls(), keys
    running = running_stack()
    if running is None:
        raise OperatorError(HOW_TO_START)
    urls = {name: service.internal_url for name, service in running.services.items()}
    return urls, running.operator.keys


def secrets_made() -> Mapping[str, date] | None:
    """Return the days on which the secrets were made, by name; None if they are not known."""
    remote = read(RemoteSettings)
    if remote.urls():
        return remote.secrets_made
    found = _running()
    return None if found is None else KeptSecrets(found[0] / "secrets").made()


def management_url() -> str | None:
    """Return the address of RabbitMQ's management API with a login, if one is set."""
    url = read(RemoteSettings).rabbitmq_management_url
    return url.get_secret_value() if url else None


@asynccontextmanager
async def found_services() -> AsyncIterator[Clients]:
    """Yield clients for the services that were found."""
    urls, keys = addresses()
    async with open_session() as session:
        yield Clients(session, urls, keys)
