"""The GATEWAY_… environment."""

from pydantic import HttpUrl
from pydantic_settings import SettingsConfigDict

from linktime_common.settings import ServiceSettings


class GatewaySettings(ServiceSettings):
    """`<service>_url` is the service's public port; the timeouts stand beside the route table."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_", frozen=True)

    bookings_url: HttpUrl
    availability_url: HttpUrl
    contacts_url: HttpUrl
    scim_url: HttpUrl
    webhooks_url: HttpUrl
    scim_internal_url: HttpUrl
    # The address people see: sessions belong to it, and its scheme says whether cookies are secure.
    public_url: HttpUrl

    def service_urls(self) -> dict[str, str]:
        """The public port of every service, by its name."""
        return {
            "bookings": str(self.bookings_url),
            "availability": str(self.availability_url),
            "contacts": str(self.contacts_url),
            "scim": str(self.scim_url),
            "webhooks": str(self.webhooks_url),
        }
