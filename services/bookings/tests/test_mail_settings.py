"""The settings of the mail server and the sender."""

from typing import Any

import pytest

from linktime_bookings.settings import BookingsSettings
from linktime_local.servers.ports import free_port


def read(settings: dict[str, Any], **more: object) -> BookingsSettings:
    return BookingsSettings(**{"port": 8001, "internal_port": free_port(), **settings, **more})


@pytest.mark.parametrize(
    ("public_url", "sender"),
    [
        ("https://meet.example/", "LinkTime <no-reply@meet.example>"),
        ("https://bücher.example/", "LinkTime <no-reply@xn--bcher-kva.example>"),
        ("http://127.0.0.1:8080/", "LinkTime <no-reply@localhost>"),
        ("http://[::1]:8080/", "LinkTime <no-reply@localhost>"),
    ],
)
def test_sender_has_the_host_of_the_public_address(
    settings: dict[str, Any], public_url: str, sender: str
) -> None:
    """Unless it is set."""
    assert read(settings, public_url=public_url).sender() == sender
    own = "Meet <mail@host.example>"
    assert read(settings, public_url=public_url, mail_from=own).sender() == own


@pytest.mark.parametrize("host", [None, ""])
def test_no_mail_server(settings: dict[str, Any], host: str | None) -> None:
    """A variable without a value is not set."""
    assert read(settings, smtp_host=host).mail_server() is None


def test_password_is_not_shown(settings: dict[str, Any]) -> None:
    """Wherever the settings or the server are printed."""
    secret = read(settings, smtp_host="mail.example", smtp_user="x", smtp_password="hunter2")
    assert "hunter2" not in f"{secret!r} {secret.mail_server()!r}"
