"""The WEBHOOKS_… environment."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import SettingsConfigDict

from linktime_common.egress.settings import EgressSettings
from linktime_common.setting_types import SealingKeys
from linktime_common.settings import ServiceSettings
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
    Field(min_length=1, max_length=MOST_ATTEMPTS, examples=[[0, 60, 3600]]),
    AfterValidator(_begins_at_once),
]

MOST_SHIFT_SECONDS = 10 * 365 * 86_400


class WebhooksSettings(EgressSettings, ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="WEBHOOKS_", frozen=True)

    # ["<key id>:<base64url of 32 bytes>", …]: the first encrypts endpoints' secrets, all decrypt
    # them.
    sealing_keys: SealingKeys
    # Seconds before each attempt; the first is made at once, so the list begins with 0.
    retry_delays_seconds: RetryDelays = DEFAULT_DELAYS_SECONDS
    # Advances the clock that decides how many days an endpoint has failed; for tests.
    clock_shift_seconds: Annotated[
        float, Field(ge=-MOST_SHIFT_SECONDS, le=MOST_SHIFT_SECONDS, allow_inf_nan=False)
    ] = 0.0

    @property
    def clock_shift(self) -> timedelta:
        return timedelta(seconds=self.clock_shift_seconds)
