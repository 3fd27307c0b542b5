"""An encrypted secret is readable only with its key, for its row, unchanged."""

from base64 import urlsafe_b64encode

import pytest

from linktime_common.sealing import SealBroken, Sealer

OLD = "old:" + urlsafe_b64encode(b"o" * 32).decode()
NEW = "new:" + urlsafe_b64encode(b"n" * 32).decode()


def test_keys_rotate() -> None:
    """Values encrypted with the old key stay readable after a rotation."""
    sealed = Sealer([OLD]).seal(b"secret", row="endpoints/1")
    assert Sealer([NEW, OLD]).open(sealed, row="endpoints/1") == b"secret"
    with pytest.raises(SealBroken):
        Sealer([NEW]).open(sealed, row="endpoints/1")


def test_a_sealed_value_is_bound_to_its_row() -> None:
    """In another row it cannot be decrypted."""
    sealer = Sealer([NEW])
    with pytest.raises(SealBroken):
        sealer.open(sealer.seal(b"secret", row="endpoints/1"), row="endpoints/2")


@pytest.mark.parametrize("spoilt", [b"", b"\x03new", b"\xffnew", b"\x03newshort"])
def test_a_broken_value_is_refused(spoilt: bytes) -> None:
    """All invalid values raise the same error."""
    with pytest.raises(SealBroken):
        Sealer([NEW]).open(spoilt, row="endpoints/1")


def test_a_flipped_bit_is_noticed() -> None:
    """The tag covers every bit of the ciphertext."""
    sealer = Sealer([NEW])
    sealed = bytearray(sealer.seal(b"secret", row="r"))
    sealed[-1] ^= 1
    with pytest.raises(SealBroken):
        sealer.open(bytes(sealed), row="r")


@pytest.mark.parametrize("keys", [[], ["x"], ["x:abc"], [":" + "A" * 44]])
def test_a_wrong_key_stops_the_start(keys: list[str]) -> None:
    """No key, no id, or not 32 bytes."""
    with pytest.raises(ValueError, match="sealing key"):
        Sealer(keys)
