"""Runs a service in the test process, on free ports, with keys of its callers."""

import contextlib
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import aiohttp

from linktime_common.http.routes import Route
from linktime_common.identity import HEADER, SECRET_BYTES, CallerKind, Key, Signer
from linktime_common.process import Parts, ProcessRole, Service, open_ports
from linktime_common.settings import ServiceSettings
from linktime_common.supervision import supervised
from linktime_local.servers.ports import free_port

UNUSED: dict[str, Any] = {"postgres_dsn": "postgresql:///unused", "broker_url": "amqp://unused/"}
"""Settings of a service that asks neither server."""

CALLERS = ("gateway", "bookings", "availability", "operator")


def key_between(issuer: str, audience: str) -> str:
    """Return the test key of this pair, always the same."""
    secret = f"{issuer}>{audience}".encode().ljust(SECRET_BYTES, b"=")
    return f"{issuer}-{audience}:{urlsafe_b64encode(secret).decode()}"


def accepted_by(audience: str) -> dict[str, list[str]]:
    """Return the `identity_accept` setting of a service under test."""
    return {issuer: [key_between(issuer, audience)] for issuer in CALLERS if issuer != audience}


def signer_of(issuer: str, *audiences: str) -> Signer:
    """Return a signer for `issuer`, such as the gateway, another service or the operator."""
    return Signer(issuer, {name: Key.parse(key_between(issuer, name)) for name in audiences})


@dataclass(frozen=True)
class Running:
    """A running service and a session to call it with."""

    name: str
    url: str
    internal_url: str
    session: aiohttp.ClientSession

    def identity(
        self,
        caller_kind: CallerKind,
        *,
        issuer: str = "gateway",
        subject: UUID | None = None,
        organization: UUID | None = None,
        plan: str | None = None,
        timezone: str | None = None,
    ) -> dict[str, str]:
        """Return the identity header of a call from `issuer` of the kind `caller_kind`."""
        signed = signer_of(issuer, self.name).sign(
            self.name,
            caller_kind,
            subject=subject,
            organization=organization,
            plan=plan,
            timezone=timezone,
        )
        return {HEADER: signed}


@contextlib.asynccontextmanager
async def serving(*routes: Route) -> AsyncIterator[Running]:
    """Run a service that has only these public routes, and asks no server."""

    @contextlib.asynccontextmanager
    async def assemble(_settings: ServiceSettings, _role: ProcessRole) -> AsyncIterator[Parts]:
        yield Parts(public_routes=routes)

    probe = Service(name="probe", settings=ServiceSettings, migrations=(), assemble=assemble)
    async with running(probe, **UNUSED) as made:
        yield made


@contextlib.asynccontextmanager
async def running(
    service: Service[Any], role: ProcessRole = ProcessRole.ALL, **settings: Any
) -> AsyncIterator[Running]:
    """Run `service` during the block, with `settings` and default ports and identities."""
    filled = service.settings(
        **{
            "port": free_port(),
            "internal_port": free_port(),
            "identity_accept": accepted_by(service.name),
            **settings,
        }
    )
    async with service.assemble(filled, role) as parts, contextlib.AsyncExitStack() as stack:
        await open_ports(stack, service.name, filled, role, parts)
        async with supervised(*parts.tasks), aiohttp.ClientSession() as session:
            yield Running(
                service.name,
                f"http://127.0.0.1:{filled.port}",
                f"http://127.0.0.1:{filled.internal_port}",
                session,
            )
