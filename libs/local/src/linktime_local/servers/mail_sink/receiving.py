"""The SMTP side of the mail sink."""

import asyncio
import logging
import socket
from functools import partial
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from linktime_local.servers.mail_sink.store import MailStore

MOST_MESSAGE_BYTES = 10_000_000
IDLE_SECONDS = 300
KEPT = "250 2.0.0 Kept"

# The library logs each line of a message, which is slow, and an AUTH of a client.
logging.getLogger("mail.log").setLevel(logging.ERROR)


class Receiver:
    """Keeps each message; the library calls `handle_DATA`."""

    def __init__(self, store: MailStore) -> None:
        self._store = store

    async def handle_DATA(  # noqa: N802 - the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        content = envelope.original_content
        assert content is not None  # noqa: S101 - the library sets it before
        sender = envelope.mail_from or ""
        self._store.keep(
            content, sender="" if sender == "<>" else sender, recipients=envelope.rcpt_tos
        )
        return KEPT


def options() -> dict[str, Any]:
    """Return the library's options for each connection."""
    return {
        "data_size_limit": MOST_MESSAGE_BYTES,
        "enable_SMTPUTF8": True,
        # The library would ask the name servers for this machine's name.
        "hostname": "localhost",
        "ident": "LinkTime mail sink",
        "timeout": IDLE_SECONDS,
        "loop": asyncio.get_running_loop(),
    }


async def listen(listener: socket.socket, store: MailStore) -> asyncio.Server:
    """Accept messages on a bound socket until the server is closed."""
    make = partial(SMTP, Receiver(store), **options())
    return await asyncio.get_running_loop().create_server(make, sock=listener)
