"""The command line of a service."""

import subprocess
import sys
from importlib.metadata import version

import pytest


@pytest.mark.parametrize("word", ["check", "migrate", "schema"])
def test_settings_are_read_without_the_rest_of_the_service(word: str) -> None:
    """`linktime run` starts both for each service; importing all of it would double their time."""
    done = subprocess.run(
        [sys.executable, "-P", "-X", "importtime", "-m", "linktime_contacts", word],
        env={},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert "CONTACTS_POSTGRES_DSN is missing" in done.stderr
    assert "linktime_contacts.settings" in done.stderr
    assert "linktime_contacts.app" not in done.stderr
    assert "aiohttp" not in done.stderr


def test_other_words_are_explained() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "linktime_availability", "begin"],
        env={},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr == (
        "usage: python -m linktime_availability "
        "serve|work|all|sync|migrate|schema|check|--version\n"
    )


def test_a_service_shows_its_version() -> None:
    """Without settings."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "linktime_contacts", "--version"],
        env={},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == f"linktime-contacts {version('linktime-contacts')}\n"
