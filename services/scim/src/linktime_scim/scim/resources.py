"""Converts between a stored member and SCIM's resource."""

from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError
from scim2_models import InvalidValueException

from linktime_common.http.fields import EmailAddress as AccountEmail
from linktime_scim.domain.provisioning import (
    Attributes,
    Provisioned,
    main_email,
    main_position,
)
from linktime_scim.scim.limits import check_attributes
from linktime_scim.scim.model import ScimEmail, User

SCHEMAS = [str(User.__schema__)]
KEPT = (
    *("externalId", "userName", "name", "displayName", "active"),
    *("preferredLanguage", "locale", "emails"),
)

_EMAIL = TypeAdapter(AccountEmail)


def rendered(member: Provisioned) -> dict[str, Any]:
    """Return the resource as JSON, without `meta.location`."""
    return {
        "schemas": SCHEMAS,
        "id": str(member.id),
        **member.attributes,
        "meta": {
            "resourceType": "User",
            "created": _instant(member.created_at),
            "lastModified": _instant(member.updated_at),
            "version": version(member),
        },
    }


def _instant(instant: datetime) -> str:
    # In the library's format, so that lists and single reads are equal.
    return instant.isoformat().replace("+00:00", "Z")


def version(member: Provisioned) -> str:
    """Return the entity tag."""
    return f'W/"{member.version}"'


def user_of(member: Provisioned) -> User:
    """Return the resource."""
    return User.model_validate(rendered(member))


def completed(user: User) -> User:
    """Return the user to be stored, with an e-mail address.

    Raises InvalidValueException naming the attribute.
    """
    user.schemas = SCHEMAS
    user.emails = [one for one in user.emails or [] if one.value] or None
    user.locale, user.preferred_language = user.locale or None, user.preferred_language or None
    check_attributes(attributes_of(user))
    if user.emails is None:
        account_email(user.user_name, "emails is missing, and userName is no e-mail address")
        user.emails = [ScimEmail(value=user.user_name, type="work", primary=True)]
    return user


def attributes_of(user: User) -> Attributes:
    """Return the attributes to be stored, by SCIM's names."""
    dumped = user.model_dump()
    return {name: dumped[name] for name in KEPT if name in dumped}


def new_account_email(attributes: Attributes) -> str:
    """Return the main address normalised for an account; raises InvalidValueException."""
    position = main_position(attributes)
    return account_email(
        main_email(attributes), f"emails[{position}].value must be an e-mail address"
    )


def account_email(text: str | None, otherwise: str) -> str:
    """Return the normalised address; raises InvalidValueException saying `otherwise`."""
    try:
        return str(_EMAIL.validate_python(text))
    except ValidationError as error:
        raise InvalidValueException(detail=otherwise) from error
