"""The AVAILABILITY_… environment."""

from typing import Annotated

from pydantic import Field, HttpUrl
from pydantic_settings import SettingsConfigDict

from linktime_common.settings import ServiceSettings


class AvailabilitySettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="AVAILABILITY_", frozen=True)

    # Where the directory's internal port is.
    scim_internal_url: HttpUrl
    # The address people see; booking pages are <public_url>/<username>/<slug>.
    public_url: HttpUrl
    # How long a reservation waits for its booking before the sweeper asks after it.
    hold_seconds: Annotated[int, Field(ge=1, le=3600)] = 60
