"""The language of a person, from a provider to the account."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from .calls import Ask, Session
from .provider import Provider, user
from .scim_people import domain_of, signed_up

BOTH = {"preferredLanguage": "pt-BR, fr-CA;q=0.8, en;q=0.5", "locale": "de_AT"}


async def locales(provider: Provider, account: dict[str, Any]) -> list[str | None]:
    """Return the language in each event of the account."""
    return [event["data"]["user"]["locale"] for event in await provider.events(account["id"])]


@pytest.mark.parametrize(
    ("sent", "locale"),
    [
        ({}, None),
        ({"locale": "de-AT"}, "de-AT"),
        ({"locale": "en_US"}, "en-US"),
        ({"locale": "pt-BR"}, "pt-BR"),
        (BOTH, "fr-CA"),
        ({"preferredLanguage": "ja", "locale": "de"}, "ja"),
        ({"preferredLanguage": "*", "locale": "de"}, "de"),
        ({"preferredLanguage": "", "locale": ""}, None),
    ],
)
async def test_a_new_account_gets_the_language(
    provider: Provider, sent: dict[str, Any], locale: str | None
) -> None:
    """The first that mails have, else the first one; values are returned as sent, none if blank."""
    made = await provider.make(**sent)
    kept = {name: value for name, value in made.items() if name in BOTH}
    assert kept == {name: value for name, value in sent.items() if value}
    account = await provider.account(made["userName"])
    assert account["locale"] == locale
    assert await locales(provider, account) == [locale]
    put = await provider.call("PUT", f"/Users/{made['id']}", made)
    assert (put.status, put.body) == (200, made)


async def test_a_managed_account_follows_changes(provider: Provider, session: Session) -> None:
    """The user's own choice stays until the provider's value changes; a removal changes nothing."""
    made = await provider.make(locale="de")
    account = await provider.account(made["userName"])
    await session(UUID(account["id"]), "PATCH", "/me", {"locale": "es"})
    for operation in (
        {"op": "replace", "path": "displayName", "value": "Ann"},
        {"op": "replace", "path": "locale", "value": "fr"},
        {"op": "remove", "path": "locale"},
    ):
        assert (await provider.patch(made["id"], operation)).status == 200
    assert await locales(provider, account) == ["de", "es", "fr"]
    assert (await provider.account(made["userName"]))["locale"] == "fr"


async def test_an_account_that_is_not_managed_keeps_its_language(
    provider: Provider, ask: Ask
) -> None:
    """Linking and changing a member does not change it."""
    account = await signed_up(ask, f"{uuid4().hex}@example.com")
    made = await provider.make(userName=account["email"], locale="de")
    replacement = {**made, "locale": "fr"}
    assert (await provider.call("PUT", f"/Users/{made['id']}", replacement)).status == 200
    assert (await provider.account(account["email"]))["locale"] is None


async def test_a_linked_account_gets_the_language_if_it_has_none(
    provider: Provider, ask: Ask
) -> None:
    """If the organization manages it from then on."""
    domain = await domain_of(provider, ask)
    for own, locale in ((None, "de"), ("fr", "fr")):
        account = await signed_up(ask, f"{uuid4().hex}@{domain}", locale=own)
        await provider.make(userName=account["email"], locale="de")
        assert (await provider.account(account["email"]))["locale"] == locale


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("locale", "German (Austria)"),
        ("locale", "de-"),
        ("locale", "de, en"),
        ("locale", "de-" + "a" * 8 + "-b" * 20),
        ("preferredLanguage", ",,"),
        ("preferredLanguage", "de;q=2"),
        ("preferredLanguage", "de; x"),
    ],
)
async def test_no_language_tag_is_kept_and_not_used(
    provider: Provider, name: str, value: str
) -> None:
    """Providers send what their administrators typed."""
    made = await provider.make(**{name: value})
    assert made[name] == value
    assert (await provider.account(made["userName"]))["locale"] is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("locale", 5),
        ("locale", ["de"]),
        ("preferredLanguage", "de\r\nen"),
        ("preferredLanguage", {"value": "de"}),
    ],
)
async def test_another_type_or_line_is_refused(provider: Provider, name: str, value: Any) -> None:
    """400 with the attribute; no member is made."""
    reply = await provider.call("POST", "/Users", user(**{name: value}))
    assert (reply.status, reply.body["scimType"]) == (400, "invalidValue")
    assert reply.body["detail"].startswith(name)
