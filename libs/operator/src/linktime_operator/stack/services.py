"""The services of the stack: which ones each calls, and its settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

import orjson

from linktime_operator.stack.kept import KeptSecrets

LOOPBACK = "127.0.0.1"
INNER = ("scim", "availability", "contacts", "webhooks", "bookings")
OUTER = ("gateway",)
"""Started after the inner ones are ready, stopped before them."""

SERVICES = (*INNER, *OUTER)
OPERATOR = "operator"
DEFAULT_PORTS = {"postgresql": 5432, "postgres": 5432, "amqp": 5672, "amqps": 5671}

INTERNAL_CALLS: Mapping[str, tuple[str, ...]] = {
    "gateway": ("scim",),
    "bookings": ("availability", "contacts", "gateway", "scim"),
    "availability": ("scim",),
    OPERATOR: SERVICES,
}
"""The services whose internal port each caller gets."""

PUBLIC_CALLS: Mapping[str, tuple[str, ...]] = {"gateway": INNER}
"""The services whose public port each caller gets."""

CALLS: Mapping[str, tuple[str, ...]] = {
    caller: tuple(dict.fromkeys((*PUBLIC_CALLS.get(caller, ()), *INTERNAL_CALLS.get(caller, ()))))
    for caller in (*SERVICES, OPERATOR)
}
"""The services that each caller calls; each pair has a separate identity key."""

NAMES_PUBLIC_URL = frozenset({"gateway", "bookings", "availability", "scim"})

SEALS = ("availability", "webhooks")
"""They keep secrets of users, and send requests to addresses that users give."""

_FIXED_EVERYWHERE = (
    "POSTGRES_DSN",
    "BROKER_URL",
    "BROKER_PREFIX",
    "PORT",
    "INTERNAL_PORT",
    "IDENTITY_ISSUE",
    "IDENTITY_ACCEPT",
)


def _fixed_names(service: str) -> tuple[str, ...]:
    return (
        *_FIXED_EVERYWHERE,
        *(f"{name.upper()}_URL" for name in PUBLIC_CALLS.get(service, ())),
        *(f"{name.upper()}_INTERNAL_URL" for name in INTERNAL_CALLS.get(service, ())),
        *(("PUBLIC_URL",) if service in NAMES_PUBLIC_URL else ()),
        *(("FORBIDDEN_PORTS",) if service in SEALS else ()),
    )


FIXED: Mapping[str, tuple[str, ...]] = {service: _fixed_names(service) for service in SERVICES}
"""The names of `Wiring.fixed`, known before anything runs."""

WEBHOOKS_FOR_DEVELOPMENT: Mapping[str, object] = {
    "ALLOWED_NETWORKS": ["127.0.0.0/8", "::1/128"],
    "ALLOW_HTTP": "true",
}
"""Webhooks may go to this machine, so that a first try needs no public server."""


@dataclass(frozen=True)
class ServiceAddress:
    """The addresses of one service on this machine."""

    port: int
    internal_port: int

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def internal_url(self) -> str:
        return f"http://{LOOPBACK}:{self.internal_port}"


@dataclass(frozen=True)
class Wiring:
    """The input of the services' settings.

    `other_ports` are those of the servers besides the ones in `dsns` and `broker_urls`; `smtp` has
    bookings' settings of the mail sink; `calendar_port` is that of the calendar server, which is in
    `other_ports` too; `limit_store_url` is where several gateways count requests together.
    """

    addresses: Mapping[str, ServiceAddress]
    public_url: str
    dsns: Mapping[str, str]
    broker_urls: Mapping[str, str]
    other_ports: Sequence[int]
    broker_prefix: str
    keys: KeptSecrets
    smtp: Mapping[str, object]
    calendar_port: int | None = None
    limit_store_url: str | None = None

    def fixed(self, service: str) -> dict[str, str]:
        """Return the environment variables of one service that the stack determines."""
        own = self.addresses[service]
        known: dict[str, object] = {
            "POSTGRES_DSN": self.dsns[service],
            "BROKER_URL": self.broker_urls[service],
            "BROKER_PREFIX": self.broker_prefix,
            "PORT": own.port,
            "INTERNAL_PORT": own.internal_port,
            "IDENTITY_ISSUE": issued_by(service, self.keys),
            "IDENTITY_ACCEPT": accepted_by(service, self.keys),
            "PUBLIC_URL": self.public_url,
            "FORBIDDEN_PORTS": self._forbidden_ports(service),
        }
        for name, address in self.addresses.items():
            known[f"{name.upper()}_URL"] = address.url
            known[f"{name.upper()}_INTERNAL_URL"] = address.internal_url
        return variables(service, {name: known[name] for name in FIXED[service]})

    def defaults(self, service: str) -> dict[str, str]:
        """Return the settings of one service that a user may override."""
        defaults: dict[str, object] = {}
        if service == "bookings":
            defaults |= {"LINK_KEYS": link_keys(self.keys), **self.smtp}
        if service in SEALS:
            defaults["SEALING_KEYS"] = sealing_keys(service, self.keys)
        if service == "webhooks" and is_loopback(self.public_url):
            defaults |= WEBHOOKS_FOR_DEVELOPMENT
        if service == "availability" and self.calendar_port is not None:
            defaults |= _calendars_for_development(self.calendar_port)
        if service == "gateway" and self.limit_store_url is not None:
            defaults["LIMIT_STORE_URL"] = self.limit_store_url
        return variables(service, defaults)

    def _forbidden_ports(self, service: str) -> list[int]:
        """Return the ports to which the service sends no request of users."""
        own = self.own_ports()
        # The calendar server is there for availability.
        reachable = self.calendar_port if service == "availability" else None
        return [port for port in own if port != reachable]

    def own_ports(self) -> list[int]:
        """Return every port of the stack, those of given servers included."""
        servers = [*self.dsns.values(), *self.broker_urls.values()]
        ports = {urlsplit(url).port or DEFAULT_PORTS[urlsplit(url).scheme] for url in servers}
        ports.update(self.other_ports)
        for address in self.addresses.values():
            ports |= {address.port, address.internal_port}
        return sorted(ports)


def is_loopback(url: str) -> bool:
    """Whether the address is a loopback address."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def issued_by(caller: str, keys: KeptSecrets) -> dict[str, str]:
    """Return the caller's identity keys, `<id>:<secret>` by audience."""
    return {audience: _identity(caller, audience, keys) for audience in CALLS[caller]}


def accepted_by(audience: str, keys: KeptSecrets) -> dict[str, list[str]]:
    """Return the identity keys that an audience accepts, by issuer."""
    return {
        caller: [_identity(caller, audience, keys)]
        for caller, audiences in CALLS.items()
        if audience in audiences
    }


def sealing_keys(service: str, keys: KeptSecrets) -> list[str]:
    """Return the keys with which a service encrypts the secrets that users give it."""
    return [_key("sealing-1", f"{service}-sealing", keys)]


def link_keys(keys: KeptSecrets) -> list[str]:
    """Return the keys with which bookings signs invitees' links."""
    return [_key("link-1", "bookings-links", keys)]


def _calendars_for_development(port: int) -> dict[str, object]:
    """Return settings with which only the stack's own calendar server may be reached here."""
    return {
        "ALLOWED_NETWORKS": [f"{LOOPBACK}/32"],
        "ALLOWED_PORTS": [port],
        "ALLOW_HTTP": "true",
    }


def _identity(caller: str, audience: str, keys: KeptSecrets) -> str:
    return _key(f"{caller}-{audience}", f"identity-{caller}-{audience}", keys)


def _key(key_id: str, kept_as: str, keys: KeptSecrets) -> str:
    return f"{key_id}:{keys.key(kept_as)}"


def variables(service: str, settings: Mapping[str, object]) -> dict[str, str]:
    """Return settings of a service as environment variables."""
    return {f"{service.upper()}_{name}": _text(value) for name, value in settings.items()}


def _text(value: object) -> str:
    return orjson.dumps(value).decode() if isinstance(value, (dict, list)) else str(value)
