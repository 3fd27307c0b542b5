"""Variables that are no settings are named, with the nearest name."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from linktime_common.unknown_settings import unknown_settings

OF_KUBERNETES = (
    "THINGS_SERVICE_HOST",
    "THINGS_SERVICE_PORT",
    "THINGS_SERVICE_PORT_PUBLIC",
    "THINGS_PORT",
    "THINGS_PORT_8080_TCP",
    "THINGS_PORT_8080_TCP_PROTO",
    "THINGS_PORT_8080_TCP_PORT",
    "THINGS_PORT_8080_TCP_ADDR",
    "THINGS_DB_RW_SERVICE_HOST",
    "THINGS_DB_RW_SERVICE_PORT_POSTGRES",
    "THINGS_DB_RW_PORT",
    "THINGS_DB_RW_PORT_53_UDP",
)


class ThingsSettings(BaseSettings):
    """An own kind, so that no variable of this machine is read."""

    model_config = SettingsConfigDict(env_prefix="THINGS_")

    log_level: str = "INFO"
    retention_days: int = 1
    shared: str = Field(default="", validation_alias="OTEL_SHARED")


def found() -> list[tuple[str, str | None]]:
    return [(one.name, one.nearest) for one in unknown_settings(ThingsSettings)]


def test_unknown_names_are_found_with_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    """The prefix does not count, and other variables are not looked at."""
    for name in ("THINGS_LOG_LEVLE", "THINGS_NOSUCH", "OTHERS_LOG_LEVLE", "OTEL_UNKNOWN"):
        monkeypatch.setenv(name, "hunter2")
    assert found() == [("THINGS_LOG_LEVLE", "THINGS_LOG_LEVEL"), ("THINGS_NOSUCH", None)]
    assert [str(one) for one in unknown_settings(ThingsSettings)] == [
        "THINGS_LOG_LEVLE is no setting and has no effect; did you mean THINGS_LOG_LEVEL?",
        "THINGS_NOSUCH is no setting and has no effect",
    ]


def test_settings_are_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """In capitals or small letters, as they are read."""
    for name in ("THINGS_LOG_LEVEL", "things_retention_days", "OTEL_SHARED"):
        monkeypatch.setenv(name, "1")
    assert found() == []


def test_what_kubernetes_sets_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """For Services whose names begin like a service's; without them `…_PORT` is unknown."""
    for name in OF_KUBERNETES:
        monkeypatch.setenv(name, "tcp://10.0.0.1:8080")
    assert found() == []
    monkeypatch.delenv("THINGS_DB_RW_SERVICE_HOST")
    assert found() == [("THINGS_DB_RW_PORT", None)]


def test_files_of_settings_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their names are those of variables."""
    monkeypatch.setenv("LINKTIME_SECRETS", str(tmp_path))
    for name in ("THINGS_LOG_LEVEL", "THINGS_RETENTION_DAY", "..data"):
        (tmp_path / name).touch()
    assert found() == [("THINGS_RETENTION_DAY", "THINGS_RETENTION_DAYS")]


def test_a_folder_of_settings_that_is_none_is_left_to_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which refuses it in a sentence."""
    monkeypatch.setenv("LINKTIME_SECRETS", str(tmp_path / "missing"))
    assert found() == []


@pytest.mark.parametrize("word", ["check", "serve"])
def test_a_service_names_them_first_without_their_values(word: str) -> None:
    """It starts nevertheless: here it waits for its database."""
    environment = {
        "PATH": os.environ["PATH"],
        "CONTACTS_POSTGRES_DSN": "postgresql://127.0.0.1:9/",
        "CONTACTS_BROKER_URL": "amqp://127.0.0.1:9/",
        "CONTACTS_PORT": "18431",
        "CONTACTS_INTERNAL_PORT": "18432",
        "CONTACTS_LOG_LEVLE": "hunter2",
    }
    command = [sys.executable, "-P", "-m", "linktime_contacts", word]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        process.kill()
    assert "CONTACTS_LOG_LEVLE" in line
    assert "CONTACTS_LOG_LEVEL" in line
    assert "hunter2" not in line
