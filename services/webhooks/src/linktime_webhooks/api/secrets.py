"""The secrets that sign a webhook's deliveries; their values cannot be read back."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, Self
from uuid import UUID

from aiohttp import web
from pydantic import Field

from linktime_common.contracts.wire import Instant, WireModel
from linktime_common.http import bodies
from linktime_common.http.fields import RequestModel
from linktime_common.http.operations import Operation, Refusals
from linktime_common.http.paths import path_id
from linktime_common.http.writes import answer
from linktime_common.idempotency import WriteReply
from linktime_webhooks.api.owner import owner_id, write_for_owner
from linktime_webhooks.api.subscriptions import SECRET
from linktime_webhooks.api.webhooks import NOT_FOUND, TAG
from linktime_webhooks.deps import DEPS
from linktime_webhooks.domain.errors import EndpointNotFound, TooManySecrets
from linktime_webhooks.domain.secrets import DEFAULT_OVERLAP_HOURS, MOST_OVERLAP_HOURS, Secret
from linktime_webhooks.store import secrets
from linktime_webhooks.use_cases.rotate_secret import Rotated, RotateSecret, rotate_secret


class RotateBody(RequestModel):
    overlap_hours: Annotated[
        int,
        Field(
            ge=0,
            le=MOST_OVERLAP_HOURS,
            strict=True,
            description="How long the older secrets still sign; 0 revokes them now",
        ),
    ] = DEFAULT_OVERLAP_HOURS

    def overlap(self) -> timedelta:
        """Return how long old secrets stay valid."""
        return timedelta(hours=self.overlap_hours)


class WebhookSecretReply(WireModel):
    """`expiresAt` is null for the newest secret, which signs first."""

    id: UUID
    created_at: Instant
    expires_at: Instant | None

    @classmethod
    def of(cls, valid: Secret, **more: object) -> Self:
        """Build the reply for a valid secret, without its value."""
        values: dict[str, object] = {
            "id": valid.id,
            "created_at": valid.created_at,
            "expires_at": valid.expires_at,
        }
        return cls.model_validate(values | more)


class WebhookSecretsReply(WireModel):
    """At most three secrets, newest first."""

    data: list[WebhookSecretReply]


class RotatedSecretReply(WebhookSecretReply):
    """`secret` (`whsec_…`) is shown once; null when the request is repeated."""

    secret: str | None


NEWEST = WebhookSecretReply(
    id="01976f3e-8f7c-7a52-9c1e-5b8f0d3a6e30", created_at="2026-03-01T14:00:00Z", expires_at=None
)
OLDER = WebhookSecretReply(
    id="01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e25",
    created_at="2026-02-20T09:30:00Z",
    expires_at="2026-03-02T14:00:00Z",
)
TOO_MANY: Refusals = {
    TooManySecrets(next_expiry=datetime(2026, 3, 2, 14, tzinfo=UTC)): (
        "Three secrets are valid already; the response says until when"
    )
}


@Operation(
    summary="List the secrets that are valid, newest first",
    description="Every delivery is signed with each of them. Their values are never shown again.",
    tag=TAG,
    reply=WebhookSecretsReply(data=[NEWEST, OLDER]),
    errors=NOT_FOUND,
)
async def list_secrets(request: web.Request) -> web.Response:
    endpoint_id = path_id(request, "id", otherwise=EndpointNotFound)
    async with request.app[DEPS].database.connection() as connection:
        found = await secrets.valid(connection, owner_id=owner_id(request), endpoint_id=endpoint_id)
    if not found:  # The newest secret never expires, so there is no such webhook.
        raise EndpointNotFound(endpoint_id=endpoint_id)
    return bodies.reply(WebhookSecretsReply(data=[WebhookSecretReply.of(one) for one in found]))


@Operation(
    summary="Sign with a new secret",
    description=(
        "`secret` is shown once; a repeat with the same Idempotency-Key has null there. "
        "The older ones also sign for `overlapHours`; with 0 they expire at once."
    ),
    tag=TAG,
    body=RotateBody,
    body_example={"overlapHours": 24},
    reply=RotatedSecretReply(**NEWEST.model_dump(by_alias=False), secret=SECRET),
    status=201,
    errors=NOT_FOUND | TOO_MANY,
    idempotent=True,
)
async def post_rotation(request: web.Request) -> web.Response:
    endpoint_id = path_id(request, "id", otherwise=EndpointNotFound)
    body = await bodies.read(request, RotateBody)
    command = RotateSecret(owner_id(request), endpoint_id, body.overlap())
    return await write_for_owner(
        request, partial(rotate_secret, command, request.app[DEPS]), _rotated
    )


def _rotated(rotated: Rotated) -> WriteReply:
    return answer(RotatedSecretReply.of(rotated.secret, secret=rotated.shown), 201)
