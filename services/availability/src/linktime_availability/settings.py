"""Settings from the AVAILABILITY_… environment variables."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from linktime_common.egress.settings import EgressSettings
from linktime_common.setting_types import (
    BaseUrl,
    MaybeEmpty,
    PublicUrl,
    SealingKeys,
    ServerHost,
)
from linktime_common.settings import ServiceSettings


class AvailabilitySettings(EgressSettings, ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="AVAILABILITY_", frozen=True)

    # The address of the directory's internal port.
    scim_internal_url: BaseUrl
    # The public address; booking pages are <public_url>/<username>/<slug>.
    public_url: PublicUrl
    # What follows the @ in UIDs in calendars, if it is not the host of public_url.
    uid_domain: Annotated[ServerHost | None, MaybeEmpty] = None
    # How long a reservation waits for its booking before the sweeper settles it.
    hold_seconds: Annotated[int, Field(ge=1, le=3600)] = 60
    # ["<key id>:<base64url of 32 bytes>", …]: the first encrypts the passwords of calendars, all
    # decrypt them.
    sealing_keys: SealingKeys
