"""Which stored documents are about an erased person."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest

from linktime_common.erased_person import ErasedPerson
from linktime_common.ids import new_id
from linktime_common.redaction import ERASED_EMAIL, ERASED_NAME

AT = datetime(2026, 3, 1, 14, tzinfo=UTC)
LATER = AT + timedelta(minutes=1)
BOOKING = UUID("01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e31")
ZOE = ErasedPerson(
    owner_id=new_id(),
    emails=["zoe@example.com"],
    phones=["+4930123456"],
    ids=[BOOKING],
    requested_at=AT,
)


def erased(document: Any, *, stored_at: datetime = AT) -> Any:
    return orjson.loads(ZOE.without_person(orjson.dumps(document), stored_at=stored_at))


@pytest.mark.parametrize("email", ["zoe@example.com", "ZOE@Example.COM"])
def test_an_address_in_any_letter_case_is_the_persons(email: str) -> None:
    document = {"inviteeName": "Zoë", "inviteeEmail": email, "notes": "Blue"}
    assert erased(document) == {
        "inviteeName": ERASED_NAME,
        "inviteeEmail": ERASED_EMAIL,
        "notes": None,
    }


def test_an_address_alone_counts_until_the_request() -> None:
    """A later document with it is of a new contact; one with an id is always the person's."""
    document = {"inviteeName": "Zoë", "inviteeEmail": "zoe@example.com"}
    assert erased(document, stored_at=LATER) == document
    with_id = document | {"id": str(BOOKING)}
    assert erased(with_id, stored_at=LATER)["inviteeName"] == ERASED_NAME


@pytest.mark.parametrize(
    "document",
    [
        # The host has booked with the own address once.
        {"inviteeName": "Lea", "inviteeEmail": "lea@example.com", "hostEmail": "zoe@example.com"},
        {"inviteeName": "Lea", "host": {"name": "Zoë", "email": "zoe@example.com"}},
        # Two persons share an office number.
        {"inviteeName": "Lea", "inviteeEmail": "lea@example.com", "inviteePhone": "+4930123456"},
        {"contact": {"name": "Lea", "email": "lea@example.com", "phone": "+4930123456"}},
    ],
)
def test_data_of_others_stays(document: Any) -> None:
    """The whole document used to be emptied when one of the addresses occurred in it."""
    body = orjson.dumps(document)
    assert ZOE.without_person(body, stored_at=AT) is body
    assert not ZOE.is_in(body, stored_at=AT)


def test_an_address_in_a_text_of_another_person_is_replaced() -> None:
    document = {"inviteeName": "Lea", "notes": "With zoe@example.com"}
    assert erased(document) == {"inviteeName": "Lea", "notes": f"With {ERASED_EMAIL}"}


def test_a_number_alone_says_whose_a_call_is() -> None:
    document = {"contactPhone": "+4930123456", "summary": "Blue"}
    assert erased(document) == {"contactPhone": None, "summary": None}


def test_a_document_that_was_erased_is_still_found() -> None:
    """A receiver may answer to what it was sent before, between two rounds."""
    document = {"inviteeName": "Zoë", "inviteeEmail": "zoe@example.com"}
    body = ZOE.without_person(orjson.dumps(document), stored_at=AT)
    assert ZOE.is_in(body, stored_at=AT)
    assert ZOE.without_person(body, stored_at=AT) is body


@pytest.mark.parametrize(
    ("body", "expected"),
    [(b"\xffzoe@example.com", b"{}"), (b"\xff other", b"\xff other")],
)
def test_what_is_not_json_is_emptied_if_it_has_the_address(body: bytes, expected: bytes) -> None:
    assert ZOE.without_person(body, stored_at=AT) == expected
