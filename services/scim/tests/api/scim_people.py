"""Domains, accounts and other organizations around a provider."""

from typing import Any
from uuid import uuid4

from .calls import Ask, person
from .provider import Provider


async def domain_of(provider: Provider, ask: Ask) -> str:
    """A domain that the organization holds now."""
    domain = f"d{uuid4().hex[:12]}.example"
    path = f"/internal/organizations/{provider.organization}/domains"
    assert (await ask("POST", path, {"domain": domain}))[0] == 200
    return domain


async def signed_up(ask: Ask, email: str, **fields: Any) -> dict[str, Any]:
    """An account that was there before."""
    body = person(email=email, plan="FREE", **fields)
    _status, made = await ask("POST", "/internal/users", body)
    return dict(made["user"])


async def another(provider: Provider, ask: Ask) -> Provider:
    """The provider of another organization."""
    owner = person(plan="BUSINESS")
    await ask("POST", "/internal/users", owner)
    _status, made = await ask(
        "POST", "/internal/organizations", {"name": "Other", "ownerId": owner["id"]}
    )
    return Provider(provider.scim, made["id"], owner["id"], provider.dsn)
