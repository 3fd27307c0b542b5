"""`linktime mail`: the messages in the sink of a running stack."""

import asyncio
import smtplib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from libs.operator.tests.launched import Launcher
from libs.operator.tests.users import some_email

from linktime_operator import stack_file

CONTENT = (
    b"From: LinkTime <mail@example.com>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe=0A=1B=5B2J?=\r\n"
    b"X-LinkTime-Kind: booking.confirmed\r\n\r\nHello\r\n\x1b]0;title\x07\r\n"
)
UNKNOWN = "01a2221d-0e0f-7754-b51d-603f5503109c"


async def send(running: dict[str, Any], recipient: str, content: bytes = CONTENT) -> None:
    """Send a message to the sink of this stack."""
    where = urlsplit(running["mail"]["smtp"])

    def blocking() -> None:
        with smtplib.SMTP(str(where.hostname), where.port or 0, timeout=30) as client:
            client.sendmail("mail@example.com", [recipient], content)

    await asyncio.to_thread(blocking)


async def kept(launcher: Launcher, *recipients: str) -> list[dict[str, Any]]:
    """Return the messages to these; the stack sends some of its own meanwhile."""
    listed = (await launcher.command("mail", "list", "--json")).json
    return [one for one in listed if one["to"] in recipients]


async def test_messages_are_listed(launcher: Launcher, running: dict[str, Any]) -> None:
    """Newest first; as a table without control characters, and as JSON."""
    first, last = some_email(), some_email()
    await send(running, first, b"Subject: Hi\r\n\r\n")
    await send(running, last)
    newest, older = await kept(launcher, first, last)
    assert set(newest) == {"id", "to", "subject", "kind", "receivedAt", "path"}
    assert (newest["to"], newest["kind"]) == (last, "booking.confirmed")
    assert newest["subject"] == "Grüße\n\x1b[2J"
    assert Path(newest["path"]).read_bytes() == CONTENT
    assert (older["to"], older["subject"], older["kind"]) == (first, "Hi", None)
    table = (await launcher.command("mail", "list")).output
    assert "Grüße\\u000a\\u001b[2J" in table
    assert "\x1b" not in table


async def test_a_message_is_shown(launcher: Launcher, running: dict[str, Any]) -> None:
    """Headers and text, one line for each of theirs, with control characters escaped."""
    recipient = some_email()
    await send(running, recipient)
    (found,) = await kept(launcher, recipient)
    shown = await launcher.command("mail", "show", "--id", found["id"])
    assert shown.output == (
        "From: LinkTime <mail@example.com>\nSubject: Grüße\\u000a\\u001b[2J\n"
        "X-LinkTime-Kind: booking.confirmed\n\nHello\n\\u001b]0;title\\u0007\n"
    )
    as_json = (await launcher.command("mail", "show", "--id", found["id"], "--json")).json
    assert {name: as_json[name] for name in found} == found
    assert {"name": "X-LinkTime-Kind", "value": "booking.confirmed"} in as_json["headers"]
    assert as_json["text"].startswith("Hello")


async def test_an_unknown_message_is_refused(launcher: Launcher, running: dict[str, Any]) -> None:
    """With what to do."""
    assert running["mail"]
    refused = await launcher.command("mail", "show", "--id", UNKNOWN, "--json")
    assert refused.refusal["error"].startswith("No message has this id; `linktime mail list`")


async def test_without_a_sink_the_reason_is_given(
    launcher: Launcher, running: dict[str, Any], tmp_path: Path
) -> None:
    """With a real SMTP server, and without a running stack."""
    known = stack_file.read(launcher.state)
    assert known is not None
    known.model_copy(update={"mail": None}).write(tmp_path)
    env = {"LINKTIME_STATE": str(tmp_path)}
    refused = await launcher.command("mail", "list", "--json", env=env)
    assert "BOOKINGS_SMTP_HOST" in refused.refusal["error"]
    stack_file.remove(tmp_path)
    refused = await launcher.command("mail", "list", "--json", env=env)
    assert refused.refusal["error"].startswith("No LinkTime runs on this machine.")
