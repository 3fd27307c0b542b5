"""What the stack runs: each service, whom it calls, and what it is told."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from linktime_common.servers.ports import LOOPBACK
from linktime_operator.stack.kept import KeptSecrets

INNER = ("scim", "availability", "contacts", "webhooks", "bookings")
OUTER = ("gateway",)
"""Started when the inner ones are ready, stopped before them."""

SERVICES = (*INNER, *OUTER)
OPERATOR = "operator"

CALLS: Mapping[str, tuple[str, ...]] = {
    "gateway": INNER,
    "bookings": ("availability", "contacts"),
    "availability": ("scim",),
    "contacts": (),
    "scim": (),
    "webhooks": (),
    OPERATOR: SERVICES,
}
"""Whom each caller calls; each pair has an identity key of its own."""

LOOPBACK_NETWORKS = ["127.0.0.0/8", "::1/128"]


@dataclass(frozen=True)
class Address:
    """Where one service listens on this machine."""

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
    """Everything the services are told."""

    addresses: Mapping[str, Address]
    public_url: str
    dsns: Mapping[str, str]
    broker_urls: Mapping[str, str]
    broker_prefix: str
    keys: KeptSecrets

    def environment_of(self, service: str) -> dict[str, str]:
        """The settings of one service, as environment variables."""
        own = self.addresses[service]
        told: dict[str, object] = {
            "POSTGRES_DSN": self.dsns[service],
            "BROKER_URL": self.broker_urls[service],
            "BROKER_PREFIX": self.broker_prefix,
            "PORT": own.port,
            "INTERNAL_PORT": own.internal_port,
            "IDENTITY_ISSUE": issued_by(service, self.keys),
            "IDENTITY_ACCEPT": accepted_by(service, self.keys),
            **self._extra(service),
        }
        return {f"{service.upper()}_{name}": _text(value) for name, value in told.items()}

    def _extra(self, service: str) -> dict[str, object]:
        match service:
            case "gateway":
                urls = {f"{name.upper()}_URL": self.addresses[name].url for name in INNER}
                return {
                    **urls,
                    "SCIM_INTERNAL_URL": self.addresses["scim"].internal_url,
                    "PUBLIC_URL": self.public_url,
                }
            case "bookings":
                return {
                    "AVAILABILITY_INTERNAL_URL": self.addresses["availability"].internal_url,
                    "CONTACTS_INTERNAL_URL": self.addresses["contacts"].internal_url,
                    "PUBLIC_URL": self.public_url,
                    "LINK_KEYS": link_keys(self.keys),
                }
            case "availability":
                return {
                    "SCIM_INTERNAL_URL": self.addresses["scim"].internal_url,
                    "PUBLIC_URL": self.public_url,
                }
            case "scim":
                return {"PUBLIC_URL": self.public_url}
            case "webhooks":
                return {
                    "SEALING_KEYS": sealing_keys(self.keys),
                    "ALLOWED_NETWORKS": LOOPBACK_NETWORKS,
                    "ALLOW_HTTP": "true",
                }
            case _:
                return {}


def issued_by(caller: str, keys: KeptSecrets) -> dict[str, str]:
    """The caller's identity keys, `<id>:<secret>` by audience."""
    return {audience: _identity(caller, audience, keys) for audience in CALLS[caller]}


def accepted_by(audience: str, keys: KeptSecrets) -> dict[str, list[str]]:
    """The identity keys an audience believes, by issuer."""
    return {
        caller: [_identity(caller, audience, keys)]
        for caller, audiences in CALLS.items()
        if audience in audiences
    }


def sealing_keys(keys: KeptSecrets) -> list[str]:
    """What webhooks seals its subscribers' secrets with."""
    return [_key("sealing-1", "webhooks-sealing", keys)]


def link_keys(keys: KeptSecrets) -> list[str]:
    """What bookings signs invitees' links with."""
    return [_key("link-1", "bookings-links", keys)]


def _identity(caller: str, audience: str, keys: KeptSecrets) -> str:
    return _key(f"{caller}-{audience}", f"identity-{caller}-{audience}", keys)


def _key(key_id: str, kept_as: str, keys: KeptSecrets) -> str:
    return f"{key_id}:{keys.key(kept_as)}"


def _text(value: object) -> str:
    return orjson.dumps(value).decode() if isinstance(value, (dict, list)) else str(value)
