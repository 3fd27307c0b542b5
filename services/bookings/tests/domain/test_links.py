"""Tokens of invitees' links."""

from base64 import urlsafe_b64encode

import pytest

from linktime_bookings.domain.errors import BookingNotFound
from linktime_bookings.domain.links import Linked, Links
from linktime_common.ids import new_id

ADDRESS = "https://meet.example"


def a_key(name: str, letter: bytes = b"s") -> str:
    return f"{name}:{urlsafe_b64encode(letter * 32).decode()}"


def a_booking() -> Linked:
    return Linked(new_id(), new_id())


def token(links: Links, linked: Linked) -> str:
    address, _, token = links.url(linked).rpartition("/")
    assert address == f"{ADDRESS}/manage"
    return token


def test_round_trip() -> None:
    """With or without a slash after the public URL; the same at every call."""
    booking = a_booking()
    links = Links([a_key("k1")], f"{ADDRESS}/")
    assert links.open(token(links, booking)) == booking
    assert links.url(booking) == Links([a_key("k1")], ADDRESS).url(booking)


def test_token_is_url_safe() -> None:
    """No character needs escaping."""
    links = Links([a_key("k1")], ADDRESS)
    for _ in range(20):
        assert set(token(links, a_booking())) <= set(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
        )


def test_every_character_counts() -> None:
    """A token that is changed, shortened or lengthened is invalid."""
    links = Links([a_key("k1")], ADDRESS)
    genuine = token(links, a_booking())
    for place, character in enumerate(genuine):
        other = "A" if character != "A" else "B"
        with pytest.raises(BookingNotFound):
            links.open(genuine[:place] + other + genuine[place + 1 :])
    for forged in (genuine[:-1], genuine + "A", genuine + "=", genuine + "\n", f" {genuine}"):
        with pytest.raises(BookingNotFound):
            links.open(forged)


@pytest.mark.parametrize("forged", ["", ".", "k1", "k1.", "k1.AAAA", "k1.é", "k2.AAAA", "k1." * 99])
def test_malformed_token(forged: str) -> None:
    """Too short, not base64url, or an unknown key: BookingNotFound."""
    with pytest.raises(BookingNotFound):
        Links([a_key("k1")], ADDRESS).open(forged)


def test_a_signature_is_of_one_booking_and_one_key() -> None:
    """It is invalid with another booking's ids, and another key's id or secret."""
    first, second = a_booking(), a_booking()
    links = Links([a_key("k1")], ADDRESS)
    one, other = token(links, first), token(links, second)
    middle = len("k1.") + 40  # inside the ids, on a boundary of base64
    with pytest.raises(BookingNotFound):
        links.open(one[:middle] + other[middle:])
    with pytest.raises(BookingNotFound):
        Links([a_key("k1", b"t")], ADDRESS).open(one)
    with pytest.raises(BookingNotFound):
        Links([a_key("k2")], ADDRESS).open(one.replace("k1", "k2"))


def test_keys_rotate() -> None:
    """The first key signs, all verify; removing a key invalidates its links."""
    booking = a_booking()
    old = token(Links([a_key("k1")], ADDRESS), booking)
    both = Links([a_key("k2", b"t"), a_key("k1")], ADDRESS)
    assert both.open(old) == booking
    assert token(both, booking).startswith("k2.")
    with pytest.raises(BookingNotFound):
        Links([a_key("k2", b"t")], ADDRESS).open(old)


@pytest.mark.parametrize("keys", [[], ["k1"], ["k1:c2hvcnQ="]])
def test_invalid_link_keys(keys: list[str]) -> None:
    """No key, or one without or with a short secret, raises ValueError."""
    with pytest.raises(ValueError, match="key"):
        Links(keys, ADDRESS)
