"""Phone numbers in the spellings of people, read as E.164."""

import pytest

from linktime_common import phones

BERLIN, NEW_YORK, ROME = "Europe/Berlin", "America/New_York", "Europe/Rome"


@pytest.mark.parametrize(
    ("written", "timezone", "expected"),
    [
        ("+4930123456", None, "+4930123456"),
        ("+49 30 123456", None, "+4930123456"),
        ("+49 (0)30 / 123-456", None, "+4930123456"),
        ("+1 555 010 0199", BERLIN, "+15550100199"),
        ("(030) 123456", BERLIN, "+4930123456"),
        ("030 123456", BERLIN, "+4930123456"),
        ("0049 30 123456", BERLIN, "+4930123456"),
        ("011 49 30 123456", NEW_YORK, "+4930123456"),
        ("(212) 555-0100", "US/Eastern", "+12125550100"),
        ("06 1234 5678", ROME, "+390612345678"),
        ("98765 43210", "Asia/Calcutta", "+919876543210"),
        ("＋４９３０１２３４５６", None, "+4930123456"),
        ("（０３０）　１２３４５６", BERLIN, "+4930123456"),
        # A number with + that was accepted as it was stays as it is.
        ("+15550100", None, "+15550100"),
    ],
)
def test_number_is_read_in_the_country_of_the_zone(
    written: str, timezone: str | None, expected: str
) -> None:
    """Without + a number is one of the host's country; an old name of a zone has its country."""
    assert phones.read(written, timezone) == expected


@pytest.mark.parametrize(
    ("written", "timezone"),
    [
        ("030 123456", None),
        ("030 123456", "UTC"),
        ("030 123456", "EST"),
        ("4930123456", None),
        ("+0301234567", BERLIN),
        ("12", BERLIN),
        ("123456", BERLIN),  # without its area code
        ("+49 30 123456789012", None),
        ("call me on 030 123456", BERLIN),
        ("whatsapp:+4930123456", BERLIN),
        ("030 123456 ext. 7", BERLIN),
        ("+49 30 123456 and more than fifty characters of 1234", BERLIN),
        ("", BERLIN),
    ],
)
def test_other_text_is_refused(written: str, timezone: str | None) -> None:
    """Also a number that no country's rules can read, and one that would lose its extension."""
    with pytest.raises(phones.PhoneRefused, match="Expected a phone number such as"):
        phones.read(written, timezone)


@pytest.mark.parametrize(
    ("zone", "region"),
    [(BERLIN, "DE"), ("Asia/Calcutta", "IN"), ("UTC", None), ("EST", None), ("Mars/Base", None)],
)
def test_region_of_a_zone(zone: str, region: str | None) -> None:
    assert phones.region_of(zone) == region


@pytest.mark.parametrize(
    ("written", "timezone", "expected"),
    [
        ("(030) 12", BERLIN, "3012"),
        ("+49 30 12", None, "+493012"),
        ("0049 30 12", BERLIN, "+493012"),
        ("030-12", None, "03012"),
        ("030", BERLIN, "+4930"),
        ("0301", BERLIN, "+49301"),
        ("061", ROME, "061"),
        ("012", NEW_YORK, "012"),
        ("Ann", BERLIN, None),
    ],
)
def test_part_of_a_number_is_searched_as_it_is_stored(
    written: str, timezone: str | None, expected: str | None
) -> None:
    assert phones.searched(written, timezone) == expected


def test_full_width_digits_are_searched_and_may_be_national() -> None:
    assert phones.may_be_national("０３０　１２３４５６")
    assert phones.searched("＋４９３０１２３４５６", None) == "+4930123456"
