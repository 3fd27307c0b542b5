"""The messages in the mail sink of a stack on this machine, and previews of mails."""

import asyncio
import sys
from importlib.util import find_spec
from typing import TypeVar
from uuid import UUID

import aiohttp
from pydantic import TypeAdapter

from linktime_common.contracts.error_codes import ErrorCode
from linktime_common.contracts.wire import WireModel
from linktime_common.http.client import open_session
from linktime_operator.errors import OperatorError, WrongArgument
from linktime_operator.stack_file import StackFile

CALL_SECONDS = 10.0
NOT_FOUND = 404
PREVIEW_SECONDS = 30.0
BOOKINGS = "linktime_bookings"
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


async def previewed(kind: str, locale: str, part: str) -> bytes:
    """Return the text, HTML or calendar file of a made-up mail.

    The bookings service renders it, in a process of its own: this package imports no service.
    """
    if find_spec(BOOKINGS) is None:
        raise OperatorError(
            "Previews need the bookings service, which is not installed here. Run the command in a "
            "checkout, or `python -m linktime_bookings.mail.preview` in the image of bookings."
        )
    module = f"{BOOKINGS}.mail.preview"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", module, f"--part={part}", "--", kind, locale),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(PREVIEW_SECONDS):
            shown, error = await process.communicate()
    except TimeoutError as late:
        process.kill()
        await process.wait()
        raise OperatorError(f"The preview took more than {PREVIEW_SECONDS:.0f} s.") from late
    if process.returncode != 0:
        sentence = error.decode(errors="replace").strip().rpartition("\n")[2]
        is_wrong = process.returncode == WrongArgument.exit_status
        raise WrongArgument(sentence) if is_wrong else OperatorError(sentence)
    return shown


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
                raise OperatorError(
                    "No message has this id; `linktime mail list` shows the ids.",
                    code=ErrorCode.EMAIL_NOT_FOUND,
                )
            response.raise_for_status()
            return kind.validate_json(await response.read())
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise OperatorError(f"The inbox at {inbox} does not answer.") from error
