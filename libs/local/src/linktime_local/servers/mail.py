"""The mail sink as a private server."""

from http import HTTPStatus
from pathlib import Path

import aiohttp

from linktime_local.servers.small_server import PYTHON, SmallServer


class MailSinkServer(SmallServer):
    """Receives mail on loopback, and shows it on a page; see `mail_sink`.

    With a port None, a free one is chosen at the first start.
    """

    def __init__(
        self, state: Path, *, smtp_port: int | None = None, inbox_port: int | None = None
    ) -> None:
        super().__init__("The mail sink", state, [smtp_port, inbox_port])

    @property
    def smtp_port(self) -> int:
        """The port to send mail to; known after the first start."""
        return self._port(0)

    @property
    def inbox_port(self) -> int:
        """The port of the inbox; known after the first start."""
        return self._port(1)

    @property
    def inbox(self) -> str:
        """The address of the inbox."""
        return f"http://{self.host}:{self.inbox_port}"

    async def _command(self) -> list[str | Path]:
        module = "linktime_local.servers.mail_sink"
        folder = self._state.path / "messages"
        return [*PYTHON, "-m", module, folder, str(self.smtp_port), str(self.inbox_port)]

    async def _answers(self, session: aiohttp.ClientSession) -> bool:
        async with session.head(f"{self.inbox}/messages.json") as response:
            return response.status == HTTPStatus.OK
