"""What callers send about contacts."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from linktime_common.contracts.wire import Storable
from linktime_common.http.fields import Email, Name, Note, OneLine, Phone, RequestModel
from linktime_common.http.models import Paging

READ_ONLY = frozenset(
    {
        "id",
        "meetingCount",
        "lastMeetingAt",
        "createdAt",
        "updatedAt",
        "upcomingMeetings",
        "pastMeetings",
    }
)
"""What an answer has beside what can be written; it may be sent back, and changes nothing."""


def _blank_is_none(text: str | None) -> str | None:
    return text or None


Company = Annotated[
    Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), OneLine] | None,
    AfterValidator(_blank_is_none),
]
Notes = Annotated[Note | None, AfterValidator(_blank_is_none)]


class _ContactRequest(RequestModel):
    @model_validator(mode="before")
    @classmethod
    def _ignore_what_is_read_only(cls, body: Any) -> Any:
        if isinstance(body, dict):
            return {name: value for name, value in body.items() if name not in READ_ONLY}
        return body


class NewContactRequest(_ContactRequest):
    """A contact to add."""

    name: Name
    email: Email
    phone: Phone | None = None
    company: Company = None
    notes: Notes = None


class ContactChangesRequest(_ContactRequest):
    """What to change: a field that is not there stays, and null clears one that is optional."""

    name: Name = Field(default_factory=str)  # never read unless it was sent
    email: Email = Field(default_factory=str)
    phone: Phone | None = None
    company: Company = None
    notes: Notes = None

    def values(self) -> dict[str, str | None]:
        """By field, only those that were sent."""
        return self.model_dump(include=self.model_fields_set)


class ContactsQuery(Paging):
    search: Annotated[
        str,
        StringConstraints(strip_whitespace=True, max_length=200),
        Storable,
        Field(description="A part of name, e-mail or company, in any letter case"),
    ] = ""
