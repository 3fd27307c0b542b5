"""The attributes of a member from an identity provider, and the values derived from them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from linktime_common.caseless import lowercase_key
from linktime_common.contracts.events import next_version
from linktime_common.contracts.events.scim import MemberDeprovisioned
from linktime_common.languages import is_tag, language_of, wanted_tags
from linktime_scim.domain.organization import Role

Attributes = dict[str, Any]
"""As sent, by SCIM's names: userName, externalId, displayName, name, active, emails, locale,
preferredLanguage."""

MOST_NAME_CHARACTERS = 200


@dataclass(frozen=True)
class Provisioned:
    """A membership that an identity provider keeps. `id` is the membership's.

    `active` is the provider's value; an owner's membership stays active.
    """

    id: UUID
    organization_id: UUID
    user_id: UUID
    role: Role
    active: bool
    attributes: Attributes
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class SearchKeys:
    """The values that filters compare with; None if the attribute is missing."""

    user_name: str
    external_id: str | None
    display_name: str | None
    emails: str
    work_emails: str | None


def search_keys(attributes: Attributes) -> SearchKeys:
    """Return the keys: externalId is case-sensitive, the others are not (RFC 7643)."""
    display_name = attributes.get("displayName")
    work = [one for one in attributes["emails"] if lowercase_key(one.get("type") or "") == "work"]
    return SearchKeys(
        user_name=lowercase_key(attributes["userName"]),
        external_id=attributes.get("externalId"),
        display_name=None if display_name is None else lowercase_key(display_name),
        emails=_lines(attributes["emails"]),
        work_emails=_lines(work) if work else None,
    )


def _lines(emails: list[Attributes]) -> str:
    return "\n" + "".join(f"{lowercase_key(one['value'])}\n" for one in emails)


def main_email(attributes: Attributes) -> str:
    """Return the primary address, else the one of type work, else the first."""
    return str(attributes["emails"][main_position(attributes)]["value"])


def main_position(attributes: Attributes) -> int:
    """Return which of `emails` is the main one, from 0."""
    emails = list(enumerate(attributes["emails"]))
    primary = (at for at, one in emails if one.get("primary"))
    work = (at for at, one in emails if lowercase_key(one.get("type") or "") == "work")
    return next(primary, next(work, 0))


def account_locale(attributes: Attributes) -> str | None:
    """Return the language tag for an account, or None.

    Of `preferredLanguage` the first language that mails have, else its first one; without it
    `locale`. What is no tag is left out. Providers also write a tag with an underscore, such as
    de_AT.
    """
    tags = wanted_tags((attributes.get("preferredLanguage") or "").replace("_", "-"))
    known = (tag for tag in tags if language_of(tag) is not None)
    locale = (attributes.get("locale") or "").replace("_", "-")
    last = [locale] if is_tag(locale) else []
    return next(known, None) or next(iter([*tags, *last]), None)


def person_name(attributes: Attributes) -> str:
    """Return the name of a new account."""
    for name in _names(attributes):
        if stripped := name.strip():
            return stripped[:MOST_NAME_CHARACTERS]
    return str(attributes["userName"])[:MOST_NAME_CHARACTERS]


def _names(attributes: Attributes) -> Iterator[str]:
    parts = attributes.get("name") or {}
    yield attributes.get("displayName") or ""
    yield parts.get("formatted") or ""
    yield f"{parts.get('givenName') or ''} {parts.get('familyName') or ''}"
    yield str(attributes["userName"]).partition("@")[0]


def member_deprovisioned(member: Provisioned, *, occurred_at: datetime) -> MemberDeprovisioned:
    """Return the event that a managed account left its organization."""
    return MemberDeprovisioned(
        occurred_at=occurred_at,
        owner_id=member.user_id,
        aggregate_id=member.id,
        aggregate_version=next_version(member.version, occurred_at),
        organization_id=member.organization_id,
        user_id=member.user_id,
    )
