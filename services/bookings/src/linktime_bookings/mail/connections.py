"""A few connections to the mail server, so that one slow answer does not hold every mail."""

import asyncio

from linktime_bookings.domain.mail_retry import MailOutcome
from linktime_bookings.domain.mail_server import MailServer
from linktime_bookings.mail.smtp import Envelope, SmtpClient

MOST_CONNECTIONS = 4
"""Mail servers limit the connections of a sender, some to five."""


class SmtpConnections:
    """Sends up to MOST_CONNECTIONS messages at a time; more wait."""

    def __init__(self, server: MailServer) -> None:
        self._clients = [SmtpClient(server) for _ in range(MOST_CONNECTIONS)]
        # The client that was used last is used first: few mails need one connection only.
        self._free: asyncio.LifoQueue[SmtpClient] = asyncio.LifoQueue()
        for client in self._clients:
            self._free.put_nowait(client)

    async def send(self, envelope: Envelope) -> MailOutcome:
        """Send the message; never raises for what the server does."""
        client = await self._free.get()
        try:
            return await client.send(envelope)
        finally:
            self._free.put_nowait(client)

    async def close_idle(self) -> None:
        """Close the connections that were unused for a while."""
        for client in self._clients:
            await client.close_idle()

    async def close(self) -> None:
        """End all sessions politely, within a second."""
        await asyncio.gather(*(client.close() for client in self._clients))
