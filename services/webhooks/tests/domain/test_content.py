"""How bytes from a receiver are shown."""

from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linktime_webhooks.domain.content import shown


@given(st.binary(max_size=40))
def test_anything_can_be_shown(received: bytes) -> None:
    """Text is shown unchanged; anything else decodes from base64 to the same bytes."""
    encoding, content = shown(received, cut_at=64)
    if encoding == "text":
        assert content.encode() == received
    else:
        assert b64decode(content) == received


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\x7f", "\x85", "\x9b"])
def test_control_characters_are_not_text(character: str) -> None:
    """A terminal would interpret them."""
    assert shown(f"a{character}b".encode(), cut_at=64)[0] == "base64"


def test_a_character_that_was_cut_is_left_out() -> None:
    """Only if the cut split it; otherwise incomplete UTF-8 is not text."""
    cut = "aü".encode()[:2]
    assert shown(cut, cut_at=2) == ("text", "a")
    assert shown(cut, cut_at=3)[0] == "base64"
