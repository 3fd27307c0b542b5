"""Settings of the bookings service."""

from typing import Annotated

from pydantic import Field, HttpUrl
from pydantic_settings import SettingsConfigDict

from linktime_common.setting_types import IdentityKey
from linktime_common.settings import ServiceSettings


class BookingsSettings(ServiceSettings):
    """`BOOKINGS_…`; the README describes each."""

    model_config = SettingsConfigDict(env_prefix="BOOKINGS_")

    availability_internal_url: HttpUrl
    contacts_internal_url: HttpUrl
    scim_internal_url: HttpUrl
    # The public address; an invitee's page is <public_url>/manage/<token>.
    public_url: HttpUrl
    # ["<key id>:<base64url of 32 bytes>", …]: the first signs invitees' links, all verify them.
    link_keys: Annotated[tuple[IdentityKey, ...], Field(min_length=1)]
    sweep_interval_seconds: Annotated[float, Field(gt=0, le=3600)] = 5.0
    request_deadline_seconds: Annotated[float, Field(ge=0.5, le=60)] = 3.0
    # Mails on one UTC day: about bookings to one address, about the bookings of one host, and
    # about an account or to one host about something other than a booking.
    mails_per_address: Annotated[int, Field(ge=1, le=100_000)] = 30
    mails_per_host: Annotated[int, Field(ge=1, le=1_000_000)] = 1_000
    mails_per_user: Annotated[int, Field(ge=1, le=10_000)] = 10
    mail_retention_days: Annotated[int, Field(ge=1, le=3_650)] = 30
