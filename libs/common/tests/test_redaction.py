"""JSON documents without a person."""

from typing import Any

import pytest

from linktime_common.contracts.events.contacts import ContactState
from linktime_common.redaction import ERASED_EMAIL, ERASED_NAME, redacted, without_addresses

ADDRESSES = ["zoe@example.com", "+4930123456"]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            {
                "inviteeName": "Zoë",
                "inviteeEmail": "zoe@example.com",
                "inviteePhone": "+4930123456",
            },
            {"inviteeName": ERASED_NAME, "inviteeEmail": ERASED_EMAIL, "inviteePhone": None},
        ),
        (
            {"invitee_name": "Zoë", "invitee_timezone": "Asia/Tokyo", "answers": [{"value": "x"}]},
            {"invitee_name": ERASED_NAME, "invitee_timezone": "UTC", "answers": []},
        ),
        (
            {"name": "Zoë", "email": "a@example.org", "company": "Acme", "meetingCount": 1},
            {"name": ERASED_NAME, "email": ERASED_EMAIL, "company": None, "meetingCount": 1},
        ),
        (
            {"contact": {"id": "1", "name": "Zoë", "email": "z@example.org"}},
            {"contact": {"id": "1", "name": ERASED_NAME, "email": ERASED_EMAIL}},
        ),
        ({"title": "For Zoe@Example.com!"}, {"title": f"For {ERASED_EMAIL}!"}),
        ({"url": "/?a=zoe%40example.com&b=1"}, {"url": f"/?a={ERASED_EMAIL}&b=1"}),
        (
            {"metadata": {"zoe@example.com": 1, "+4930123456": 2, "host": "zoe@example.com"}},
            {"metadata": {ERASED_EMAIL: 1, f"{ERASED_EMAIL} 2": 2, "host": ERASED_EMAIL}},
        ),
    ],
)
def test_fields_of_a_person_are_replaced(document: Any, expected: Any) -> None:
    assert redacted(document, ADDRESSES) == expected


def test_every_optional_text_of_a_contact_is_removed() -> None:
    """Also one that is added to the contract later."""
    texts = [
        name for name, one in ContactState.model_fields.items() if one.annotation == str | None
    ]
    assert {"phone", "company"} <= set(texts)
    assert redacted({"contact": dict.fromkeys(texts, "x")}, ADDRESSES) == {
        "contact": dict.fromkeys(texts)
    }


@pytest.mark.parametrize(
    "document",
    [
        {"host": {"name": "Ann Host", "email": "ann@example.com"}, "startTime": "2026-03-01"},
        {"eventType": {"name": "Intro", "slug": "intro"}, "sequence": 0, "notes": None},
        {"title": "joezoe@example.com and zoe@example.community"},
    ],
)
def test_other_fields_and_longer_addresses_stay(document: Any) -> None:
    assert redacted(document, ADDRESSES) == document


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("by-+4930123456-1", f"by-{ERASED_EMAIL}-1"),
        ("tel:%2B4930123456", f"tel:{ERASED_EMAIL}"),
        ("+49301234567", "+49301234567"),
    ],
)
def test_a_number_is_found_within_a_longer_word(text: str, expected: str) -> None:
    """Its + begins it; used to be taken for a part of an address, as in an e-mail."""
    assert without_addresses(text, ADDRESSES) == expected
