"""Domains, accounts and other organizations for the tests of a provider."""

from typing import Any
from uuid import uuid4

from .calls import Ask, person
from .provider import Provider


async def domain_of(provider: Provider, ask: Ask) -> str:
    """Return a domain that the organization has verified."""
    domain = f"d{uuid4().hex[:12]}.example"
    path = f"/internal/organizations/{provider.organization}/domains"
    assert (await ask("POST", path, {"domain": domain}))[0] == 200
    return domain


async def signed_up(ask: Ask, email: str, **fields: Any) -> dict[str, Any]:
    """Return an account that exists before it is provisioned."""
    body = person(email=email, plan="FREE", **fields)
    _status, made = await ask("POST", "/internal/users", body)
    return dict(made["user"])


async def another(provider: Provider, ask: Ask) -> Provider:
    """Return the provider of another organization."""
    owner = person(plan="BUSINESS")
    await ask("POST", "/internal/users", owner)
    _status, made = await ask(
        "POST", "/internal/organizations", {"name": "Other", "ownerId": owner["id"]}
    )
    return Provider(provider.scim, made["id"], owner["id"], provider.dsn)
