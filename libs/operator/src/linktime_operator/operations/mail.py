"""The messages in the mail sink of a stack on this machine."""

from typing import TypeVar
from uuid import UUID

import aiohttp
from pydantic import TypeAdapter

from linktime_common.contracts.wire import WireModel
from linktime_common.http.client import open_session
from linktime_operator.errors import OperatorError
from linktime_operator.stack_file import StackFile

CALL_SECONDS = 10.0
NOT_FOUND = 404
NO_INBOX = (
    "There is no inbox: this LinkTime sends its mail to the SMTP server that BOOKINGS_SMTP_HOST "
    "names."
)

Found = TypeVar("Found")


class InboxMail(WireModel):
    """A message in the list; `path` is its file."""

    id: str
    to: str
    subject: str
    kind: str | None
    received_at: str
    path: str


class MailHeader(WireModel):
    name: str
    value: str


class OpenedMail(InboxMail):
    """A message; `text` is None if it has no text part."""

    headers: list[MailHeader]
    text: str | None


async def newest_first(running: StackFile) -> list[InboxMail]:
    """Return all messages."""
    return await _get(running, "/messages.json", TypeAdapter(list[InboxMail]))


async def opened(running: StackFile, mail_id: UUID) -> OpenedMail:
    """Return one message with its headers and text."""
    return await _get(running, f"/messages/{mail_id}.json", TypeAdapter(OpenedMail))


async def _get(running: StackFile, path: str, kind: TypeAdapter[Found]) -> Found:
    if running.mail is None:
        raise OperatorError(NO_INBOX)
    inbox, timeout = running.mail.inbox, aiohttp.ClientTimeout(total=CALL_SECONDS)
    try:
        async with (
            open_session() as session,
            session.get(f"{inbox}{path}", timeout=timeout) as response,
        ):
            if response.status == NOT_FOUND:
                raise OperatorError("No message has this id; `linktime mail list` shows the ids.")
            response.raise_for_status()
            return kind.validate_json(await response.read())
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise OperatorError(f"The inbox at {inbox} does not answer.") from error
