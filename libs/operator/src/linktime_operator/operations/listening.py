"""A subscriber for development: receives deliveries on this machine and verifies them."""

import contextlib
import logging
import sys
from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from standardwebhooks import Webhook, WebhookVerificationError

from linktime_common.json_input import parse
from linktime_operator.errors import OperatorError
from linktime_operator.operations.forwarding import PassedAnswer, Request

LOOPBACK = "127.0.0.1"
MOST_BYTES = 1024 * 1024
NO_CONTENT, UNAUTHORIZED = 204, 401
# Of Standard Webhooks; ours have 32 bytes.
PREFIX, FEWEST_KEY_BYTES, MOST_KEY_BYTES = "whsec_", 24, 64


@dataclass(frozen=True)
class Received(Request):
    """One received request, and the response status.

    `verified` is None without secrets; `failure` is the reason when the target did not respond.
    """

    path: str
    verified: bool | None
    refusal: str | None
    answered: int = 0
    failure: str | None = None

    @property
    def message_id(self) -> str | None:
        return self.headers.get("webhook-id")

    def read(self) -> object:
        """Return the body as JSON, or as text if it is not JSON or nested too deep to print."""
        try:
            return parse(self.body)
        except ValueError:
            return self.body.decode(errors="replace")


def verifier(secret: str) -> Webhook:
    """Return the verifier of a `whsec_…`; raises ValueError when it is invalid."""
    try:
        # The library also accepts a text without the prefix, and ignores invalid base64.
        key = b64decode(secret.removeprefix(PREFIX), validate=True)
        if secret.startswith(PREFIX) and FEWEST_KEY_BYTES <= len(key) <= MOST_KEY_BYTES:
            return Webhook(secret)
    except ValueError:
        pass
    raise ValueError(
        "--secret is no webhook secret: give it as it was shown, whsec_ and base64 of "
        f"{FEWEST_KEY_BYTES} to {MOST_KEY_BYTES} bytes."
    )


@contextlib.asynccontextmanager
async def listening(
    port: int,
    verifiers: Sequence[Webhook],
    on_delivery: Callable[[Received], None],
    *,
    answer: Callable[[Request], Awaitable[PassedAnswer]],
) -> AsyncIterator[str]:
    """Run a receiver for the duration of the block; yields its URL; port 0 chooses a free one.

    It responds with `answer`, or 401 if no verifier accepts the request. Raises OperatorError when
    the port is not available.
    """

    async def take(request: web.Request) -> web.Response:
        received = _judged(request, await request.read(), verifiers)
        is_genuine = received.verified is not False
        given = await answer(received) if is_genuine else PassedAnswer(UNAUTHORIZED)
        on_delivery(replace(received, answered=given.status, failure=given.failure))
        return web.Response(status=given.status, headers=given.headers, body=given.body or None)

    app = web.Application(client_max_size=MOST_BYTES)
    app.router.add_post(r"/{path:[\s\S]*}", take)  # matches a line break too
    runner = web.AppRunner(app, access_log=None, logger=_in_a_line())
    await runner.setup()
    try:
        await _open(runner, port)
        yield f"http://{LOOPBACK}:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


def always(status: int) -> Callable[[Request], Awaitable[PassedAnswer]]:
    """Return a handler that always responds with this status."""

    async def answer(_request: Request) -> PassedAnswer:
        return PassedAnswer(status)

    return answer


class _LineHandler(logging.Handler):
    """Logs what aiohttp logs with a traceback as one line without the request."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        what = "was not HTTP" if isinstance(error, HttpProcessingError) else "could not be read"
        print(f"A request {what} ({type(error).__name__}).", file=sys.stderr, flush=True)


def _in_a_line() -> logging.Logger:
    logger = logging.getLogger(__name__)
    logger.handlers = [_LineHandler()]
    logger.propagate = False
    return logger


async def _open(runner: web.AppRunner, port: int) -> None:
    try:
        await web.TCPSite(runner, LOOPBACK, port).start()
    except OSError as error:
        raise OperatorError(f"Port {port} is taken, choose another with --port.") from error


def _judged(request: web.Request, body: bytes, verifiers: Sequence[Webhook]) -> Received:
    headers = {name.lower(): _text(value) for name, value in request.headers.items()}
    refusals = [_refusal(one, body, headers) for one in verifiers]
    verified = None in refusals if refusals else None
    refusal = refusals[0] if verified is False else None
    return Received(headers, body, _text(request.path), verified, refusal)


def _text(given: str) -> str:
    # aiohttp decodes bytes that are not UTF-8 to surrogates, which cannot be encoded.
    return given.encode(errors="surrogateescape").decode(errors="replace")


def _refusal(one: Webhook, body: bytes, headers: dict[str, str]) -> str | None:
    """Return why the signature is invalid, or None."""
    try:
        one.verify(body, headers, json_parse=False)
    except WebhookVerificationError as error:
        return str(error)
    except ValueError:  # the library does not handle all malformed headers and bodies
        return "The signature or the body is garbled"
    return None
