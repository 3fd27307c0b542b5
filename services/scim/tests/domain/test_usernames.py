"""Allowed usernames, and those derived from names."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linktime_common.contracts.usernames import RESERVED_USERNAMES
from linktime_scim.domain.usernames import (
    UsernameNotAllowed,
    candidates,
    check_username,
)


@pytest.mark.parametrize(
    ("name", "username"),
    [
        ("Ann Lee", "ann-lee"),
        ("  Ann   Lee  ", "ann-lee"),
        ("José Ñandú", "jose-nandu"),
        ("Jürgen Groß", "jurgen-gross"),
        ("GROẞ", "gross"),
        ("Søren Kierkegaard", "soren-kierkegaard"),
        ("Łukasz Đorđević", "lukasz-dordevic"),
        ("Æthelred Œuvre", "aethelred-oeuvre"),
        ("İrem Işık", "irem-isik"),
        ("Conan O'Brien", "conan-obrien"),
        ("Conan O’Brien", "conan-obrien"),
        ("Nguyễn Văn A", "nguyen-van-a"),
        ("李 Wang", "wang"),
        ("Ann 🎉 Lee", "ann-lee"),
        ("𝓐𝓷𝓷", "ann"),
        ("ﬁnn", "finn"),
        ("R2-D2", "r2-d2"),
        ("--- x y ---", "x-y"),
        ("a" * 300, "a" * 39),
        ("a" * 38 + " b", "a" * 38),
    ],
)
def test_a_name_becomes_a_username_in_plain_letters(name: str, username: str) -> None:
    """Accents are removed, other signs become one hyphen, and the length is at most 39."""
    assert candidates(name, random="0000")[0] == username


@pytest.mark.parametrize(
    "name", ["王小明", "🎉🎉", "Ж", "J", "", "---", "\u0301", "Αλέξης", "مريم"]
)
def test_a_name_without_two_plain_letters_becomes_a_random_host(name: str) -> None:
    """Names in every script are accepted."""
    assert candidates(name, random="c0ffee") == ["host-c0ffee"]


def test_the_next_ones_are_numbered_and_the_last_is_random() -> None:
    """Equal names get -2, -3, …; after many of them a random ending."""
    found = candidates("Ann Lee", random="c0ffee")
    assert found[:3] == ["ann-lee", "ann-lee-2", "ann-lee-3"]
    assert found[-2:] == ["ann-lee-200", "ann-lee-c0ffee"]


def test_a_long_name_makes_room_for_its_number() -> None:
    """The number is never cut off."""
    assert candidates("a" * 60, random="0000")[1] == "a" * 37 + "-2"


def test_a_long_name_that_ends_with_a_number_gives_no_candidate_twice() -> None:
    """Cut after the number, it is its own second candidate."""
    found = candidates("a" * 37 + "-2b", random="0000")
    assert found[:2] == ["a" * 37 + "-2", "a" * 37 + "-3"]


@pytest.mark.parametrize("name", ["Admin", "API", "Bookings", "Public", "Well Known", "robots"])
def test_a_name_that_is_a_reserved_word_is_numbered(name: str) -> None:
    """A user may be called Docs; the page of that name stays reachable."""
    first = candidates(name, random="0000")[0]
    assert first not in RESERVED_USERNAMES
    assert first.endswith("-2")


@given(st.text(max_size=220))
def test_every_candidate_is_an_allowed_username(name: str) -> None:
    """Every derived username could also be requested."""
    found = candidates(name, random="c0ffee")
    assert len(set(found)) == len(found)
    for username in found:
        assert check_username(username) == username
        assert re.fullmatch(r"[a-z0-9][a-z0-9-]{1,38}", username)


@pytest.mark.parametrize("username", ["ab", "a1", "1a", "a-", "a" * 39, "ann-lee", "adminx"])
def test_an_allowed_username_is_unchanged(username: str) -> None:
    """Two to 39 of a-z, 0-9 and hyphen, not a hyphen first."""
    assert check_username(username) == username


@pytest.mark.parametrize(
    "username",
    [
        "",
        "a",
        "-a",
        "Ann",
        "ann lee",
        "ann_lee",
        "änn",
        "a" * 40,
        "ann\n",
        "ann.lee",
        "a/b",
        "１２",
    ],
)
def test_a_malformed_username_is_refused_with_the_rule(username: str) -> None:
    """The message states what is allowed."""
    with pytest.raises(UsernameNotAllowed, match="lower-case letters"):
        check_username(username)


@pytest.mark.parametrize("username", sorted(RESERVED_USERNAMES))
def test_a_reserved_word_is_refused(username: str) -> None:
    """LinkTime's pages have these names."""
    with pytest.raises(UsernameNotAllowed, match="reserved"):
        check_username(username)
