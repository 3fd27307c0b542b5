"""The field types of this service's requests."""

from typing import Annotated

import email_validator
from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

from linktime_common.contracts.events.scim import Plan
from linktime_common.http.enumerations import any_case
from linktime_common.http.fields import Line, OneLine
from linktime_scim.domain.usernames import UsernameNotAllowed, check_username

MOST_DOMAIN_CHARACTERS = 253


def _check_username(value: str) -> str:
    try:
        return check_username(value)
    except UsernameNotAllowed as error:
        raise PydanticCustomError("username", "{reason}", {"reason": str(error)}) from error


def _check_domain(value: str) -> str:
    # Normalised like the domain of an account's e-mail address.
    try:
        if "@" in value or len(value) > MOST_DOMAIN_CHARACTERS:
            raise email_validator.EmailSyntaxError
        checked = email_validator.validate_email(f"x@{value}", check_deliverability=False)
    except email_validator.EmailNotValidError as error:
        raise PydanticCustomError("domain", "Expected a domain such as example.com") from error
    return checked.domain


Username = Annotated[Line, AfterValidator(_check_username)]
PlanName = Annotated[Plan, any_case(Plan)]
Domain = Annotated[
    str, StringConstraints(strip_whitespace=True), OneLine, AfterValidator(_check_domain)
]
