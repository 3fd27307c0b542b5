"""The WEBHOOKS_… environment."""

import ssl
from datetime import timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, FilePath, IPvAnyNetwork, SecretStr
from pydantic_settings import SettingsConfigDict

from linktime_common.sealing import Sealer
from linktime_common.setting_types import KEY_SHAPE, Port, is_port
from linktime_common.settings import ServiceSettings
from linktime_common.urls import is_address
from linktime_webhooks.domain.retries import (
    DEFAULT_DELAYS_SECONDS,
    LONGEST_DELAY_SECONDS,
    MOST_ATTEMPTS,
)


def _begins_at_once(delays: tuple[float, ...]) -> tuple[float, ...]:
    if delays[0] != 0:
        raise ValueError(
            "must begin with 0, as the first attempt is made at once; [0] means no retry"
        )
    return delays


Delay = Annotated[float, Field(ge=0, le=LONGEST_DELAY_SECONDS, allow_inf_nan=False)]
RetryDelays = Annotated[
    tuple[Delay, ...],
    Field(min_length=1, max_length=MOST_ATTEMPTS),
    AfterValidator(_begins_at_once),
]

MOST_SHIFT_SECONDS = 10 * 365 * 86_400


def _sealing_keys(keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    try:
        Sealer([key.get_secret_value() for key in keys])
    except ValueError as error:
        raise ValueError(f"must be a JSON array of one or more keys {KEY_SHAPE}") from error
    return keys


def _dns_server(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not (is_address(host) and is_port(port)):
        raise ValueError("must be an IP address and a port such as 127.0.0.1:53")
    return text


def _proxy(url: SecretStr) -> SecretStr:
    try:
        parts = urlsplit(url.get_secret_value())
        is_plain = parts.scheme == "http" and bool(parts.hostname) and parts.port != 0
    except ValueError:  # not a number where the port is
        is_plain = False
    if not is_plain:
        raise ValueError("must be an address that begins with http://, such as http://host:3128")
    return url


def _certificates(file: Path) -> Path:
    try:
        ssl.create_default_context().load_verify_locations(file)
    except OSError as error:  # SSLError is one
        raise ValueError("must be a file of certificates in PEM") from error
    return file


class WebhooksSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="WEBHOOKS_", frozen=True)

    # ["<key id>:<base64url of 32 bytes>", …]: the first encrypts endpoints' secrets, all decrypt
    # them.
    sealing_keys: Annotated[tuple[SecretStr, ...], AfterValidator(_sealing_keys)]
    # Networks that deliveries may reach although they are not public.
    allowed_networks: tuple[IPvAnyNetwork, ...] = ()
    # Ports in those networks that deliveries must not reach: LinkTime's.
    forbidden_ports: frozenset[Port] = frozenset()
    allow_http: bool = False
    # `127.0.0.1:5353`: a name server used instead of the system's for endpoints' addresses.
    dns_server: Annotated[str, AfterValidator(_dns_server)] | None = None
    # `http://proxy.example:3128`: all deliveries are sent through it; may contain a password.
    egress_proxy: Annotated[SecretStr, AfterValidator(_proxy)] | None = None
    # Authorities, in PEM, that are trusted besides the system's.
    ca_file: Annotated[FilePath, AfterValidator(_certificates)] | None = None
    # Seconds before each attempt; the first is made at once, so the list begins with 0.
    retry_delays_seconds: RetryDelays = DEFAULT_DELAYS_SECONDS
    # Advances the clock that decides how many days an endpoint has failed; for tests.
    clock_shift_seconds: Annotated[
        float, Field(ge=-MOST_SHIFT_SECONDS, le=MOST_SHIFT_SECONDS, allow_inf_nan=False)
    ] = 0.0

    @property
    def clock_shift(self) -> timedelta:
        return timedelta(seconds=self.clock_shift_seconds)
