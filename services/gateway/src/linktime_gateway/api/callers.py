"""Whom a forwarded request is from: the signed identity, and whose turns at a service it takes."""

from typing import NamedTuple
from uuid import UUID

import orjson

from linktime_common.identity import Signer
from linktime_gateway.api.own import parameters
from linktime_gateway.domain.paths import normalise
from linktime_gateway.domain.route_table import Forward

# The field of a body that stands for the host, in requests without a credential.
HOST_FIELD = "eventTypeId"


class CallerClaims(NamedTuple):
    """What a credential says of its user; nothing without one."""

    subject: UUID | None = None
    organization: UUID | None = None
    plan: str | None = None
    timezone: str | None = None


class Caller(NamedTuple):
    """The identity for a service, and the user or organization in it."""

    identity: str
    account: UUID | None

    @property
    def is_anonymous(self) -> bool:
        """Whether the request has no credential."""
        return self.account is None


def caller_of(who: CallerClaims, route: Forward, signer: Signer) -> Caller:
    """Return the caller with an identity for the service of the route."""
    identity = signer.sign(
        route.service,
        route.caller_kind,
        subject=who.subject,
        organization=who.organization,
        plan=who.plan,
        timezone=who.timezone,
    )
    return Caller(identity, who.subject or who.organization)


def parties_of(
    caller: Caller, route: Forward, target: str, body: bytes | None, address: str
) -> list[str]:
    """Return the account, or else the client's address, and the host that path or body name."""
    if caller.account is not None:
        return [str(caller.account)]
    host = _host_in_path(route, target) or _host_in_body(body)
    return [f"address {address}", *([host] if host else [])]


def _host_in_path(route: Forward, target: str) -> str | None:
    if "{" not in route.path:
        return None
    named = parameters(route.path, normalise(target.partition("?")[0]))
    return next(iter(named.values()))  # a username, or the token of a booking


def _host_in_body(body: bytes | None) -> str | None:
    try:
        sent = orjson.loads(body or b"")
    except orjson.JSONDecodeError:
        return None
    named = sent.get(HOST_FIELD) if isinstance(sent, dict) else None
    return named if isinstance(named, str) else None
