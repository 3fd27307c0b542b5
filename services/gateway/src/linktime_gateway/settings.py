"""Settings from GATEWAY_… environment variables."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlsplit

from limits import RateLimitItem, RateLimitItemPerMinute, parse_many
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    InstanceOf,
    PositiveInt,
    SecretStr,
)
from pydantic_settings import SettingsConfigDict

from linktime_common.setting_types import (
    BaseUrl,
    MaybeEmpty,
    Networks,
    PublicUrl,
    ServerHost,
)
from linktime_common.settings import ServiceSettings, with_fields
from linktime_gateway.clients.forwards import SERVICES
from linktime_gateway.domain.limits import Limit

STORE_SCHEMES = ("redis", "rediss", "valkey", "valkeys")


def _rate(text: object) -> object:
    if not isinstance(text, str):
        return text
    try:
        rates = parse_many(text)
    except ValueError:
        rates = []
    if len(rates) != 1 or rates[0].amount < 1:
        raise ValueError("must be a rate such as 60/minute")
    return rates[0]


def _store_url(url: SecretStr) -> SecretStr:
    try:
        parts = urlsplit(url.get_secret_value())
        is_address = parts.scheme in STORE_SCHEMES and parts.port != 0
    except ValueError:  # the port is not a number
        is_address = False
    if not is_address:
        raise ValueError(f"must be an address that begins with one of {', '.join(STORE_SCHEMES)}")
    return url


Rate = Annotated[InstanceOf[RateLimitItem], BeforeValidator(_rate)]
StoreUrl = Annotated[SecretStr, AfterValidator(_store_url)]


@with_fields(**{f"{service}_url": (BaseUrl, ...) for service in SERVICES})
class GatewaySettings(ServiceSettings):
    """`<service>_url` is the service's public port; timeouts are in the route table."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_", frozen=True)

    scim_internal_url: BaseUrl
    # The URL that users open; with https, cookies are secure and responses send HSTS.
    public_url: PublicUrl
    # What follows the @ in UIDs in calendars, if it is not the host of public_url.
    uid_domain: Annotated[ServerHost | None, MaybeEmpty] = None
    # Networks whose X-Forwarded-For is trusted, such as ["10.0.0.0/8"].
    trusted_proxies: Networks = ()
    # How long it answers on after the stop signal, with 503 at /healthz.
    stop_delay_seconds: Annotated[float, Field(ge=0, le=60)] = 0
    # redis://, rediss://, valkey:// or valkeys://; without one each process counts separately.
    limit_store_url: StoreUrl | None = None
    limit_api_key: Rate = RateLimitItemPerMinute(60)
    limit_failed_checks: Rate = RateLimitItemPerMinute(5)
    limit_public_bookings: Rate = RateLimitItemPerMinute(10)
    limit_public_reads: Rate = RateLimitItemPerMinute(120)
    limit_scim: Rate = RateLimitItemPerMinute(6_000)
    limit_session: Rate = RateLimitItemPerMinute(300)
    # Revoked and expired credentials do not count.
    api_keys_per_user: PositiveInt = 50
    scim_tokens_per_organization: PositiveInt = 20
    # Whether an account without a password can get a link to choose one.
    set_password_mails: bool = True

    def service_urls(self) -> dict[str, str]:
        """Return the URL of each service's public port."""
        return {service: str(getattr(self, f"{service}_url")) for service in SERVICES}

    def rates(self) -> Mapping[Limit, RateLimitItem]:
        """Return the rate of each limit."""
        return {limit: getattr(self, f"limit_{limit}") for limit in Limit}
