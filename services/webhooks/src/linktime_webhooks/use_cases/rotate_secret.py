"""A user rotates an endpoint's secret; the old one also signs for a while."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from linktime_common.idempotency import WriteAttempt
from linktime_common.ids import new_id
from linktime_webhooks.deps import Deps
from linktime_webhooks.domain import signing
from linktime_webhooks.domain.errors import TooManySecrets
from linktime_webhooks.domain.sealed import seal_secret
from linktime_webhooks.domain.secrets import MOST_SECRETS, Secret
from linktime_webhooks.store import endpoints, secrets


@dataclass(frozen=True)
class RotateSecret:
    """Without overlap, the old secrets expire at once."""

    owner_id: UUID
    endpoint_id: UUID
    overlap: timedelta


@dataclass(frozen=True)
class Rotated:
    """The new secret; `shown` is None when the request is repeated."""

    secret: Secret
    shown: str | None


async def rotate_secret(
    command: RotateSecret, deps: Deps, attempt: WriteAttempt[Rotated]
) -> Rotated:
    """Return the new secret, shown once; raises EndpointNotFound, TooManySecrets."""
    made = signing.new_secret()
    names = {"owner_id": command.owner_id, "endpoint_id": command.endpoint_id}
    async with deps.database.transaction() as connection:
        await endpoints.lock(connection, **names)
        if command.overlap:
            _refuse_a_fourth(await secrets.valid(connection, **names))
        await secrets.end_all(connection, command.endpoint_id, after=command.overlap)
        await secrets.insert(
            connection,
            secret_id=new_id(),
            endpoint_id=command.endpoint_id,
            sealed=seal_secret(deps.sealer, command.endpoint_id, made),
        )
        await endpoints.changed(connection, command.endpoint_id)
        newest = (await secrets.valid(connection, **names))[0]
        await attempt.keep(connection, Rotated(newest, None))
    return Rotated(newest, signing.show_secret(made))


def _refuse_a_fourth(valid: list[Secret]) -> None:
    if len(valid) >= MOST_SECRETS:
        ends = [secret.expires_at for secret in valid if secret.expires_at is not None]
        raise TooManySecrets(next_expiry=min(ends))
