"""Settings from files in the folder of LINKTIME_SECRETS."""

from pathlib import Path

import pytest
from pydantic_settings import BaseSettings, SettingsConfigDict

from linktime_common.settings import InvalidSettings, load


class NoteSettings(BaseSettings):
    """An own kind, so that no variable of this machine is read."""

    model_config = SettingsConfigDict(env_prefix="NOTES_")

    password: str
    keys: dict[str, list[str]] = {}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LINKTIME_SECRETS", str(tmp_path))
    return tmp_path


def test_a_file_is_a_setting(folder: Path) -> None:
    """Its name is that of the variable; a line break at the end is no part of the value."""
    (folder / "NOTES_PASSWORD").write_text("hunter2\n")
    (folder / "NOTES_KEYS").write_text('{"a": ["b"]}')
    (folder / "..data").mkdir()  # as Kubernetes mounts a secret
    assert load(NoteSettings) == NoteSettings(password="hunter2", keys={"a": ["b"]})


def test_a_variable_takes_precedence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "NOTES_PASSWORD").write_text("of the file")
    monkeypatch.setenv("NOTES_PASSWORD", "of the variable")
    assert load(NoteSettings).password == "of the variable"


def test_an_invalid_file_is_named_without_its_content(folder: Path) -> None:
    (folder / "NOTES_PASSWORD").write_text("hunter2")
    (folder / "NOTES_KEYS").write_text("hunter2")
    with pytest.raises(InvalidSettings) as refused:
        load(NoteSettings)
    assert str(refused.value) == "NOTES_KEYS is not valid JSON"


def test_a_missing_folder_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINKTIME_SECRETS", str(folder / "missing"))
    with pytest.raises(InvalidSettings, match="LINKTIME_SECRETS must name a folder"):
        load(NoteSettings)
