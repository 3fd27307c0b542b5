"""Files that a server keeps in its state folder."""

import os
from pathlib import Path

import pytest

from linktime_local.servers import postgres_place
from linktime_local.servers.errors import ServerUnavailable
from linktime_local.servers.state import StateFolder


@pytest.mark.parametrize("damage", [b"", b"\x00\x00", b"\xff", b"a\nb"])
def test_a_damaged_secret_is_named_by_its_file(tmp_path: Path, damage: bytes) -> None:
    """It is not replaced: the server's data may need it."""
    kept = tmp_path / "postgres.secret"
    kept.write_bytes(damage)
    with pytest.raises(ServerUnavailable) as refused:
        StateFolder(tmp_path).secret("postgres")
    assert str(refused.value) == f"{kept} is damaged: restore it from a backup."
    assert kept.read_bytes() == damage


def test_a_fifo_in_place_of_a_secret_is_not_read(tmp_path: Path) -> None:
    """Reading it would wait for a writer."""
    kept = tmp_path / "postgres.secret"
    os.mkfifo(kept)
    with pytest.raises(OSError, match="It is not a regular file") as refused:
        StateFolder(tmp_path).secret("postgres")
    assert refused.value.filename == str(kept)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root keeps the data elsewhere")
@pytest.mark.parametrize("damage", ["", "data", "\0"])
def test_a_damaged_location_is_not_used(tmp_path: Path, damage: str) -> None:
    """An empty one would be the current folder."""
    (tmp_path / "location").write_text(damage)
    mode = Path.cwd().stat().st_mode
    with pytest.raises(ServerUnavailable, match="location is damaged"):
        postgres_place.choose(tmp_path, lambda _line: None)
    assert Path.cwd().stat().st_mode == mode
