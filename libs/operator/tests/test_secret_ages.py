"""What doctor says about the ages of secrets."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from linktime_operator.deploy import secrets
from linktime_operator.deploy.secrets import DeployTarget
from linktime_operator.locate import secrets_made
from linktime_operator.operations.secret_ages import secret_problems, secret_warnings, shown
from linktime_operator.stack.kept import KeptSecrets

TODAY = date(2027, 3, 1)
OLD, YOUNG = TODAY - timedelta(days=401), TODAY - timedelta(days=400)
LONG_AGO = datetime(2025, 2, 3, 23, tzinfo=UTC)


def age(file: Path) -> None:
    """Make a file one of long ago."""
    os.utime(file, (LONG_AGO.timestamp(), LONG_AGO.timestamp()))


def test_each_old_secret_is_named() -> None:
    """With the day on which it was made, and where it says how to rotate it."""
    made = {"valkey": OLD, "rabbitmq-scim": OLD, "postgres": date(2024, 1, 2), "rabbitmq": YOUNG}
    older, old = secret_problems(made, TODAY)
    assert older == (
        "Secrets are older than 400 days, made on 2024-01-02: postgres. "
        'Rotate them: docs/operations.md, "Rotate keys and passwords".'
    )
    assert "made on 2026-01-24: rabbitmq-scim, valkey. " in old
    assert shown(made).startswith("oldest made on 2024-01-02 (postgres); ")


def test_an_added_key_ends_the_age_of_the_first() -> None:
    """The old one stays for older values, and is not used for new ones."""
    made = {"webhooks-sealing": OLD, "webhooks-sealing-2": YOUNG}
    assert secret_problems(made, TODAY) == []
    made = {"bookings-links": OLD, "bookings-links-2": OLD}
    assert len(secret_problems(made, TODAY)) == 1


def test_unknown_ages_are_a_warning() -> None:
    """And not taken for well."""
    assert (len(secret_warnings(None)), secret_problems(None, TODAY)) == (1, [])
    assert (secret_warnings({}), shown(None)) == ([], "ages not known")


def test_a_secret_has_the_age_of_its_file(tmp_path: Path) -> None:
    """Reading it changes nothing; the demo host's are those of a user."""
    kept = KeptSecrets(tmp_path / "secrets")
    assert kept.made() == {}
    kept.password("postgres-scim")
    age(tmp_path / "secrets" / "postgres-scim")
    kept.password("postgres-scim")
    kept.password("demo-password")
    assert kept.made() == {"postgres-scim": LONG_AGO.date()}


@pytest.mark.parametrize("target", [DeployTarget.COMPOSE, DeployTarget.KUBERNETES])
def test_the_operators_file_has_the_days(
    target: DeployTarget, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of all kept secrets, also after they were written again; a removed one is new."""
    secrets.write(target, tmp_path)
    kept = tmp_path / "kept"
    for file in kept.iterdir():
        age(file)
    (kept / "valkey").unlink()
    secrets.write(target, tmp_path)
    for line in (tmp_path / "operator.env").read_text().splitlines():
        monkeypatch.setenv(*line.split("=", 1))
    monkeypatch.setenv("LINKTIME_SCIM_INTERNAL_URL", "http://scim:8001")
    made = dict(secrets_made() or {})
    assert made.pop("valkey") > LONG_AGO.date()
    assert set(made.values()) == {LONG_AGO.date()}
    assert set(made) == {file.name for file in kept.iterdir()} - {"valkey"}
    monkeypatch.delenv("LINKTIME_SECRETS_MADE")
    assert secrets_made() is None
