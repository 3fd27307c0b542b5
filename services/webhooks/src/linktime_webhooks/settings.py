"""The WEBHOOKS_… environment."""

from datetime import timedelta

from pydantic import IPvAnyNetwork, SecretStr
from pydantic_settings import SettingsConfigDict

from linktime_common.settings import ServiceSettings
from linktime_webhooks.domain.retries import DEFAULT_DELAYS_SECONDS


class WebhooksSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="WEBHOOKS_", frozen=True)

    # ["<key id>:<base64url of 32 bytes>", …]: the first seals endpoints' secrets, all open them.
    sealing_keys: tuple[SecretStr, ...]
    # Networks that deliveries may reach although they are not public; for development only.
    allowed_networks: tuple[IPvAnyNetwork, ...] = ()
    allow_http: bool = False
    # Seconds before each attempt, the first included.
    retry_delays_seconds: tuple[float, ...] = DEFAULT_DELAYS_SECONDS
    # Puts the clock forward that judges how many days an endpoint has failed; for tests.
    clock_shift_seconds: float = 0.0

    @property
    def clock_shift(self) -> timedelta:
        return timedelta(seconds=self.clock_shift_seconds)
