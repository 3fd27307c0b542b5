"""The values derived from a provider's attributes."""

from typing import Any

import pytest

from linktime_scim.domain.provisioning import (
    account_locale,
    main_email,
    person_name,
    search_keys,
)


def said(**attributes: Any) -> dict[str, Any]:
    emails = [{"value": "Ann@Example.com"}]
    return {"userName": "Ann.Lee@Example.com", "emails": emails, **attributes}


@pytest.mark.parametrize(
    ("emails", "main"),
    [
        ([{"value": "a"}, {"value": "b"}], "a"),
        ([{"value": "a"}, {"value": "b", "type": "WORK"}], "b"),
        ([{"value": "a", "type": "work"}, {"value": "b", "primary": True}], "b"),
        ([{"value": "a", "primary": False}, {"value": "b", "type": None}], "a"),
    ],
)
def test_the_main_address(emails: list[dict[str, Any]], main: str) -> None:
    """The primary one, else that of type work, else the first."""
    assert main_email(said(emails=emails)) == main


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ({"displayName": "Ann L.", "name": {"formatted": "Ann Lee"}}, "Ann L."),
        ({"displayName": " ", "name": {"formatted": "Ann Lee", "givenName": "A"}}, "Ann Lee"),
        ({"name": {"givenName": "Ann", "familyName": "Lee"}}, "Ann Lee"),
        ({"name": {"familyName": "Lee"}}, "Lee"),
        ({"name": {}}, "Ann.Lee"),
        ({}, "Ann.Lee"),
        ({"userName": "@example.com"}, "@example.com"),
        ({"displayName": "x" * 254}, "x" * 200),
    ],
)
def test_the_name_of_a_new_account(attributes: dict[str, Any], name: str) -> None:
    """The most complete one, and never empty."""
    assert person_name(said(**attributes)) == name


LONG = "ja" + "-12345678" * 4  # a tag of 38 characters


@pytest.mark.parametrize(
    ("attributes", "locale"),
    [
        ({"locale": LONG}, None),
        ({"preferredLanguage": LONG}, None),
        ({"preferredLanguage": f"{LONG}, ja", "locale": "de"}, "ja"),
        ({"preferredLanguage": f"de{LONG[2:]}", "locale": "fr"}, "fr"),
    ],
)
def test_a_tag_that_is_too_long_is_left_out(attributes: dict[str, Any], locale: str | None) -> None:
    """Of both attributes, also if its language is known."""
    assert account_locale(said(**attributes)) == locale


def test_the_search_keys() -> None:
    """Lowercase, except externalId; work addresses separately."""
    keys = search_keys(
        said(
            externalId="X-1",
            displayName="STRASSE",
            emails=[{"value": "A@B.c", "type": "Work"}, {"value": "d@E.f"}],
        )
    )
    assert (keys.user_name, keys.external_id, keys.display_name) == (
        "ann.lee@example.com",
        "X-1",
        "strasse",
    )
    assert (keys.emails, keys.work_emails) == ("\na@b.c\nd@e.f\n", "\na@b.c\n")
    assert search_keys(said()).work_emails is None
