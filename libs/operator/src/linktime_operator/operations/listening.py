"""A subscriber for development: receives deliveries on this machine and verifies them."""

import contextlib
from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import aiohttp
import orjson
from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

from linktime_operator.errors import OperatorError
from linktime_operator.stack.services import LOOPBACK

MOST_BYTES = 1024 * 1024
NO_CONTENT, UNAUTHORIZED, BAD_GATEWAY = 204, 401, 502
# Of Standard Webhooks; ours have 32.
PREFIX, FEWEST_KEY_BYTES, MOST_KEY_BYTES = "whsec_", 24, 64
FORWARD_SECONDS = 14.0  # an attempt has 15
# About this connection, or written anew for the next one.
NOT_FORWARDED = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "keep-alive", "te", "upgrade"}
)


@dataclass(frozen=True)
class Received:
    """One request as it came, and the status it is answered with.

    `verified` is None where no secret is known to verify it by.
    """

    path: str
    headers: dict[str, str]
    body: bytes
    verified: bool | None
    refusal: str | None
    answered: int = 0

    @property
    def message_id(self) -> str | None:
        return self.headers.get("webhook-id")

    def read(self) -> object:
        """The body as JSON, or as text when it is none."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return self.body.decode(errors="replace")


def verifier(secret: str) -> Webhook:
    """What checks signatures by a `whsec_…`; raises OperatorError when it is not one."""
    try:
        # The library takes a text without the prefix too, and passes over what is not base64.
        key = b64decode(secret.removeprefix(PREFIX), validate=True)
        if secret.startswith(PREFIX) and FEWEST_KEY_BYTES <= len(key) <= MOST_KEY_BYTES:
            return Webhook(secret)
    except ValueError:
        pass
    raise OperatorError(
        "--secret is no webhook secret: give it as it was shown, whsec_ and base64 of "
        f"{FEWEST_KEY_BYTES} to {MOST_KEY_BYTES} bytes."
    )


@contextlib.asynccontextmanager
async def listening(
    port: int,
    verifiers: Sequence[Webhook],
    on_delivery: Callable[[Received], None],
    *,
    answer: Callable[[Received], Awaitable[int]],
) -> AsyncIterator[str]:
    """A receiver for the length of the block, at the URL it gives; port 0 finds a free one.

    It answers what `answer` says, or 401 to what none of the verifiers accepts. Raises
    OperatorError when the port cannot be had.
    """

    async def take(request: web.Request) -> web.Response:
        received = _judged(request, await request.read(), verifiers)
        status = UNAUTHORIZED if received.verified is False else await answer(received)
        on_delivery(replace(received, answered=status))
        return web.Response(status=status)

    app = web.Application(client_max_size=MOST_BYTES)
    app.router.add_post("/{path:.*}", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await _open(runner, port)
        yield f"http://{LOOPBACK}:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


def always(status: int) -> Callable[[Received], Awaitable[int]]:
    """Answers with this status, whatever comes."""

    async def answer(_received: Received) -> int:
        return status

    return answer


@contextlib.asynccontextmanager
async def forwarding(url: str) -> AsyncIterator[Callable[[Received], Awaitable[int]]]:
    """Sends what comes on to `url`, and answers as that does; 502 when it gives no answer.

    Raises OperatorError for what is not an http or https URL.
    """
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise OperatorError("--forward-to must be a URL that begins with http:// or https://.")
    timeout = aiohttp.ClientTimeout(total=FORWARD_SECONDS)
    async with aiohttp.ClientSession(
        timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()
    ) as session:

        async def answer(received: Received) -> int:
            headers = {
                name: value for name, value in received.headers.items() if name not in NOT_FORWARDED
            }
            try:
                async with session.post(
                    url, data=received.body, headers=headers, allow_redirects=False
                ) as response:
                    return response.status
            except (aiohttp.ClientError, TimeoutError, OSError):
                return BAD_GATEWAY

        yield answer


async def _open(runner: web.AppRunner, port: int) -> None:
    try:
        await web.TCPSite(runner, LOOPBACK, port).start()
    except OSError as error:
        raise OperatorError(f"Port {port} is taken, choose another with --port.") from error


def _judged(request: web.Request, body: bytes, verifiers: Sequence[Webhook]) -> Received:
    headers = {name.lower(): value for name, value in request.headers.items()}
    refusals = [_refusal(one, body, headers) for one in verifiers]
    verified = None in refusals if refusals else None
    refusal = refusals[0] if verified is False else None
    return Received(request.path, headers, body, verified, refusal)


def _refusal(one: Webhook, body: bytes, headers: dict[str, str]) -> str | None:
    """Why it is not genuine, None if it is."""
    try:
        one.verify(body, headers, json_parse=False)
    except WebhookVerificationError as error:
        return str(error)
    except ValueError:  # what the library lets through of a garbled header or body
        return "The signature or the body is garbled"
    return None
