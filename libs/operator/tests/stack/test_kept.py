import os
import stat
from pathlib import Path

import pytest

from linktime_common.identity import Key
from linktime_operator.errors import StackError
from linktime_operator.stack import services
from linktime_operator.stack.kept import KeptSecrets
from linktime_operator.stack.settings import StackSettings
from linktime_operator.stack.stack import Stack


def test_secrets_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    """The next run reads the same password; other accounts of the machine cannot."""
    kept = KeptSecrets(tmp_path / "secrets")
    password = kept.password("postgres-scim")
    assert KeptSecrets(tmp_path / "secrets").password("postgres-scim") == password
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "secrets" / "postgres-scim").stat().st_mode) == 0o600


def test_each_pair_has_a_key_of_its_own_that_both_sides_know(tmp_path: Path) -> None:
    """A stolen key is valid for one caller and one service only."""
    kept = KeptSecrets(tmp_path / "secrets")
    keys = [
        (caller, audience, Key.parse(key))
        for caller in services.CALLS
        for audience, key in services.issued_by(caller, kept).items()
    ]
    assert len({key.id for _, _, key in keys}) == len({key.secret for _, _, key in keys})
    assert len({key.id for _, _, key in keys}) == len(keys)
    for caller, audience, key in keys:
        assert [Key.parse(one) for one in services.accepted_by(audience, kept)[caller]] == [key]


def test_only_the_operator_has_the_operators_keys(tmp_path: Path) -> None:
    """Every service accepts the operator; no service gets the operator's signing keys."""
    kept = KeptSecrets(tmp_path / "secrets")
    assert set(services.issued_by("operator", kept)) == set(services.SERVICES)
    for service in services.SERVICES:
        assert "operator" in services.accepted_by(service, kept)
        assert "operator" not in services.issued_by(service, kept)


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("bookings-links", b""),
        ("webhooks-sealing", b"\x00" * 32),
        ("webhooks-sealing", b"\xff\xfe"),
        ("identity-gateway-scim", b"two\nlines"),
        ("identity-operator-scim", b"short"),
    ],
)
async def test_a_damaged_key_is_named_by_its_file(tmp_path: Path, name: str, damage: bytes) -> None:
    """Before anything starts, and not by a variable that nobody set."""
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / name).write_bytes(damage)
    with pytest.raises(StackError) as refused:
        await Stack(tmp_path, StackSettings(port=None)).start()
    assert str(refused.value).startswith(f"{folder / name} is damaged: ")
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "postgresql").exists()
    assert (folder / name).read_bytes() == damage


@pytest.mark.parametrize("damage", [b"", b"\x00\x00", b"a b", "ü".encode()])
def test_a_damaged_password_is_named_by_its_file(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "rabbitmq-scim").write_bytes(damage)
    with pytest.raises(StackError, match="rabbitmq-scim is damaged"):
        KeptSecrets(tmp_path).password("rabbitmq-scim")


async def test_a_damaged_secret_of_a_server_is_named_by_its_file(tmp_path: Path) -> None:
    (tmp_path / "rabbitmq").mkdir()
    damaged = tmp_path / "rabbitmq" / "rabbitmq.secret"
    damaged.touch()
    with pytest.raises(StackError) as refused:
        await Stack(tmp_path, StackSettings(port=None)).start()
    assert str(refused.value) == f"{damaged} is damaged: restore it from a backup."


async def test_a_fifo_in_place_of_a_secret_is_named(tmp_path: Path) -> None:
    """Before anything starts; reading it would wait for a writer."""
    (tmp_path / "secrets").mkdir()
    fifo = tmp_path / "secrets" / "postgres-bookings"
    os.mkfifo(fifo)
    with pytest.raises(StackError) as refused:
        await Stack(tmp_path, StackSettings(port=None)).start()
    assert str(refused.value).startswith(f"{fifo} cannot be used: It is not a regular file.")
