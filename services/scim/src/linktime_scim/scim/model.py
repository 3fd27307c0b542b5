"""SCIM's User with the attributes that are kept, and its discovery documents.

RFC 7643. The library's User would rewrite e-mail addresses; here values are stored as sent.
"""

from functools import cached_property
from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError
from scim2_models import (
    URN,
    AuthenticationScheme,
    Bulk,
    ChangePassword,
    ComplexAttribute,
    ETag,
    Filter,
    Name,
    Patch,
    Required,
    Resource,
    ResourceType,
    Schema,
    ScimPolicy,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    Uniqueness,
)

from linktime_common.http.enumerations import match

MOST_RESULTS = 100
WORDS = {"true": True, "false": False}


def read_flag(value: Any) -> bool | None:
    """Read a boolean as JSON and Entra ID write it; raises PydanticCustomError.

    Other values that pydantic accepts ("yes", 1) are mistakes, and must not activate a user.
    """
    word = match(value, WORDS) if isinstance(value, str) else None
    read = WORDS[word] if word is not None else value
    if isinstance(read, bool | None):
        return read
    raise PydanticCustomError("bool_type", "Must be true or false")


Flag = Annotated[bool | None, BeforeValidator(read_flag)]


class ScimEmail(ComplexAttribute):
    """An address of the person."""

    value: str | None = None
    """E-mail address."""

    type: str | None = None
    """What the address is for: work, home or other."""

    primary: Flag = None
    """Whether this is the preferred address; one at most."""


class User(Resource[Any]):
    """A member of the organization."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, Uniqueness.server, Required.true] = None
    """The name the person signs in with at the provider; unique in any letter case."""

    name: Name | None = None
    """The parts of the person's name."""

    display_name: str | None = None
    """The name to show."""

    active: Flag = None
    """Whether the person is a member at present; true by default."""

    preferred_language: str | None = None
    """The person's languages, the most wanted first, as in Accept-Language."""

    locale: str | None = None
    """The language tag for dates and numbers; the language of mails if no language is preferred."""

    emails: list[ScimEmail] | None = None
    """E-mail addresses; the primary one becomes the account's."""


class Provider(ScimProvider):
    """Announces as required the attributes that every member has: emails and active.

    Reading does not require them, as some providers only send a userName that is an address.
    """

    @cached_property
    def schemas(self) -> tuple[Schema, ...]:
        """Return the documents of /Schemas: the user's, and those of discovery."""
        (schema,) = super().schemas
        for attribute in schema.attributes or []:
            if attribute.name == "active":
                attribute.required = Required.true
            if attribute.name == "emails":
                attribute.required = Required.true
                for part in attribute.sub_attributes or []:
                    part.required = Required(part.name == "value")
        return (schema, *(one.to_schema() for one in (ServiceProviderConfig, ResourceType, Schema)))


PROVIDER = Provider(
    [User],
    config=ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
        filter=Filter(supported=True, max_results=MOST_RESULTS),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=False),
        etag=ETag(supported=True),
        authentication_schemes=[
            AuthenticationScheme(
                type=AuthenticationScheme.Type.oauthbearertoken,
                name="SCIM token",
                description="Authorization: Bearer lt_scim_…, made in Organization → SCIM",
                primary=True,
            )
        ],
    ),
    # For Entra ID: attributes of other schemas, values on "remove", filtered paths without a match.
    policy=ScimPolicy(
        unknown=ScimPolicy.Unknown.ignore,
        remove_value_as_filter=ScimPolicy.RemoveValue.apply,
        unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
    ),
)
