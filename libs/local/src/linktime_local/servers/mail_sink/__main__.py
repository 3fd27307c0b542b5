"""`python -m linktime_local.servers.mail_sink FOLDER SMTP_PORT INBOX_PORT`, until SIGTERM."""

import asyncio
import signal
import socket
import sys
from pathlib import Path

from aiohttp import web

from linktime_local.servers.mail_sink.inbox import Inbox
from linktime_local.servers.mail_sink.receiving import listen
from linktime_local.servers.mail_sink.store import MailStore
from linktime_local.servers.ports import LOOPBACK


async def main(folder: Path, smtp_port: int, inbox_port: int) -> None:
    """Receive and show messages until a signal."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    store = MailStore(folder)
    smtp = await listen(socket.create_server((LOOPBACK, smtp_port)), store)
    runner = web.AppRunner(Inbox(store).app(), access_log=None, handle_signals=False)
    await runner.setup()
    # Second, so that an answer of the inbox means that mail is received.
    await web.TCPSite(runner, LOOPBACK, inbox_port, shutdown_timeout=1).start()
    await stopped.wait()
    smtp.close()
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
