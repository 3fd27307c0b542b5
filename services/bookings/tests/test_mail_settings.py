"""The settings of the mail server and the sender."""

from typing import Any

import pytest
from pydantic import ValidationError

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


@pytest.mark.parametrize(
    "mail_from",
    [
        "Foo <a@b.example>, d@e.example",
        "d@e.example, Foo <a@b.example>",
        "a@b.example, d@e.example",
        "Foo <a@b.example> bar",
        "Foo: a@b.example;",
        "Foo",
        "Foo <zoë@b.example>",
    ],
)
def test_sender_that_is_not_one_address(settings: dict[str, Any], mail_from: str) -> None:
    with pytest.raises(ValidationError, match="must be an address such as"):
        read(settings, mail_from=mail_from)


@pytest.mark.parametrize(
    "mail_from", ["a@b.example", "<a@b.example>", '"Foo, Inc" <a@b.example>', "Foo <a@bü.example>"]
)
def test_sender_that_is_one_address(settings: dict[str, Any], mail_from: str) -> None:
    assert read(settings, mail_from=mail_from).sender() == mail_from


@pytest.mark.parametrize(
    ("given", "missing"), [("smtp_user", "SMTP_PASSWORD"), ("smtp_password", "SMTP_USER")]
)
def test_half_a_login(settings: dict[str, Any], given: str, missing: str) -> None:
    """Also if the other half is a variable without a value."""
    for other in ({}, {missing.lower(): ""}):
        with pytest.raises(ValidationError, match=f"BOOKINGS_{missing} is missing"):
            read(settings, smtp_host="mail.example", **{given: "x"}, **other)


def test_password_is_not_shown(settings: dict[str, Any]) -> None:
    """Wherever the settings or the server are printed."""
    secret = read(settings, smtp_host="mail.example", smtp_user="x", smtp_password="hunter2")
    assert "hunter2" not in f"{secret!r} {secret.mail_server()!r}"
