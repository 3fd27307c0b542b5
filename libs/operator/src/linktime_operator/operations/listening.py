"""A subscriber for development: receives deliveries on this machine and verifies them."""

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

import orjson
from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError
from standardwebhooks.webhooks import EmptyWebhookSecretError

from linktime_common.servers.ports import LOOPBACK
from linktime_operator.errors import OperatorError

MOST_BYTES = 1024 * 1024
NO_CONTENT, UNAUTHORIZED = 204, 401


@dataclass(frozen=True)
class Received:
    """One request as it came; `verified` is None where no secret is known to verify it by."""

    path: str
    headers: dict[str, str]
    body: bytes
    verified: bool | None
    refusal: str | None

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
        return Webhook(secret)
    except (ValueError, EmptyWebhookSecretError) as error:
        raise OperatorError("A secret looks like whsec_ and base64, as it was shown.") from error


@contextlib.asynccontextmanager
async def listening(
    port: int, verifiers: Sequence[Webhook], on_delivery: Callable[[Received], None]
) -> AsyncIterator[str]:
    """A receiver for the length of the block, at the URL it gives; port 0 finds a free one.

    It answers 204, or 401 to what none of the verifiers accepts. Raises OperatorError when the
    port cannot be had.
    """

    async def take(request: web.Request) -> web.Response:
        received = _judged(request, await request.read(), verifiers)
        on_delivery(received)
        return web.Response(status=UNAUTHORIZED if received.verified is False else NO_CONTENT)

    app = web.Application(client_max_size=MOST_BYTES)
    app.router.add_post("/{path:.*}", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await _open(runner, port)
        yield f"http://{LOOPBACK}:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


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
