"""Settings of requests to addresses that users give."""

import ssl
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, FilePath, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from linktime_common.egress.addresses import OtherPorts
from linktime_common.egress.resolver import Resolver
from linktime_common.egress.way_out import WayOut
from linktime_common.logs import logger
from linktime_common.setting_types import Networks, PortNumbers, is_port
from linktime_common.urls import is_address


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


class EgressSettings(BaseSettings):
    """A base of a service's settings, or of settings with an `env_prefix` of their own."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    # Networks that may be reached although they are not public.
    allowed_networks: Networks = ()
    # Ports in those networks that must not be reached: LinkTime's.
    forbidden_ports: PortNumbers = frozenset()
    # If any, the only ports in those networks that may be reached.
    allowed_ports: PortNumbers = frozenset()
    allow_http: bool = False
    # `127.0.0.1:5353`: a name server used instead of the system's for users' addresses.
    dns_server: Annotated[str, AfterValidator(_dns_server)] | None = None
    # `http://proxy.example:3128`: all requests are sent through it; may contain a password.
    egress_proxy: Annotated[SecretStr, AfterValidator(_proxy)] | None = None
    # Authorities, in PEM, that are trusted besides the system's.
    ca_file: Annotated[FilePath, AfterValidator(_certificates)] | None = None

    def new_resolver(self) -> Resolver:
        """Return a resolver for the allowed addresses."""
        allowed = self.allowed_ports - self.forbidden_ports
        forbidden = OtherPorts(allowed) if self.allowed_ports else self.forbidden_ports
        return Resolver(self.allowed_networks, forbidden_ports=forbidden, server=self.dns_server)

    def way_out(self, resolver: Resolver) -> WayOut:
        """Return the way out with this proxy and these authorities."""
        proxy = self.egress_proxy
        return WayOut(
            resolver, proxy=proxy.get_secret_value() if proxy else None, ca_file=self.ca_file
        )

    def warn_if_open(self, subject: str) -> None:
        """Log that `subject` may reach more than public https, for the operator."""
        if self.allowed_networks or self.allow_http:
            logger().warning(
                "requests are not limited to public https",
                subject=subject,
                allowed_networks=[str(network) for network in self.allowed_networks],
                allow_http=self.allow_http,
            )
