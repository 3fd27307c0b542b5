"""The WEBHOOKS_… environment."""

from datetime import timedelta
from typing import Annotated

from pydantic import (
    AfterValidator,
    Field,
    FilePath,
    IPvAnyNetwork,
    SecretStr,
    StringConstraints,
    field_validator,
)
from pydantic_settings import SettingsConfigDict

from linktime_common.settings import Port, ServiceSettings
from linktime_webhooks.domain.retries import (
    DEFAULT_DELAYS_SECONDS,
    LONGEST_DELAY_SECONDS,
    MOST_ATTEMPTS,
)


def _begins_at_once(delays: tuple[float, ...]) -> tuple[float, ...]:
    if delays[0] != 0:
        raise ValueError("must begin with 0: the first attempt is made at once; [0] has no retry")
    return delays


Delay = Annotated[float, Field(ge=0, le=LONGEST_DELAY_SECONDS, allow_inf_nan=False)]
RetryDelays = Annotated[
    tuple[Delay, ...],
    Field(min_length=1, max_length=MOST_ATTEMPTS),
    AfterValidator(_begins_at_once),
]


class WebhooksSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="WEBHOOKS_", frozen=True)

    # ["<key id>:<base64url of 32 bytes>", …]: the first seals endpoints' secrets, all open them.
    sealing_keys: tuple[SecretStr, ...]
    # Networks that deliveries may reach although they are not public.
    allowed_networks: tuple[IPvAnyNetwork, ...] = ()
    # Ports that deliveries must not reach in those networks: LinkTime's own.
    forbidden_ports: frozenset[Port] = frozenset()
    allow_http: bool = False
    # `127.0.0.1:5353`: asked for the addresses of endpoints instead of the system's name servers.
    dns_server: Annotated[str, StringConstraints(pattern=r"^.+:\d+$")] | None = None
    # `http://proxy.example:3128`: all deliveries leave through it; may carry a password.
    egress_proxy: SecretStr | None = None
    # Authorities, in PEM, that are believed besides the system's.
    ca_file: FilePath | None = None
    # Seconds before each attempt; the first is made at once, so the list begins with 0.
    retry_delays_seconds: RetryDelays = DEFAULT_DELAYS_SECONDS
    # Puts the clock forward that judges how many days an endpoint has failed; for tests.
    clock_shift_seconds: float = 0.0

    @property
    def clock_shift(self) -> timedelta:
        return timedelta(seconds=self.clock_shift_seconds)

    @field_validator("egress_proxy")
    @classmethod
    def _is_a_plain_proxy(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith("http://"):
            raise ValueError("must begin with http://")
        return value
