"""The secrets that a webhook's deliveries are signed with; their values are never read back."""

from functools import partial

from aiohttp import web

from linktime_common.http import bodies
from linktime_common.http.paths import path_id
from linktime_common.idempotency import Answer
from linktime_webhooks.api.replies import (
    RotatedSecretReply,
    WebhookSecretReply,
    WebhookSecretsReply,
)
from linktime_webhooks.api.requests import RotateBody
from linktime_webhooks.api.writes import owner_id, write
from linktime_webhooks.deps import DEPS
from linktime_webhooks.domain.errors import EndpointNotFound
from linktime_webhooks.store import secrets
from linktime_webhooks.use_cases.rotate_secret import Rotated, RotateSecret, rotate_secret


async def list_secrets(request: web.Request) -> web.Response:
    """Those that are valid, newest first."""
    endpoint_id = path_id(request, "id", otherwise=EndpointNotFound)
    async with request.app[DEPS].database.connection() as connection:
        found = await secrets.valid(connection, owner_id=owner_id(request), endpoint_id=endpoint_id)
    if not found:  # the newest never ends, so there is no such webhook
        raise EndpointNotFound(endpoint_id=endpoint_id)
    return bodies.reply(WebhookSecretsReply(data=[WebhookSecretReply.of(one) for one in found]))


async def post_rotation(request: web.Request) -> web.Response:
    """Sign with a new secret from now on."""
    endpoint_id = path_id(request, "id", otherwise=EndpointNotFound)
    body = await bodies.read(request, RotateBody)
    command = RotateSecret(owner_id(request), endpoint_id, body.overlap())
    return await write(request, partial(rotate_secret, command, request.app[DEPS]), _rotated)


def _rotated(rotated: Rotated) -> Answer:
    reply = RotatedSecretReply.of(rotated.secret, secret=rotated.shown)
    return Answer(201, reply.model_dump(mode="json"))
