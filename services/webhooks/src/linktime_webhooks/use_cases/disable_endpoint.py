"""Disables an endpoint that returned 410 or has failed for days."""

from uuid import UUID

from linktime_common.contracts.events import next_version
from linktime_common.contracts.events.webhooks import NoticeRequested, WebhookNotice
from linktime_common.messaging import outbox
from linktime_common.postgres import Connection
from linktime_webhooks.deps import Deps
from linktime_webhooks.domain.endpoint import Endpoint
from linktime_webhooks.domain.health import Verdict, verdict
from linktime_webhooks.store import endings, endpoints, health
from linktime_webhooks.use_cases.end_deliveries import end_the_rest


async def disable_endpoint(endpoint_id: UUID, reason: str, deps: Deps) -> None:
    """Disable the endpoint once, end its waiting deliveries, and notify its owner."""
    async with deps.database.transaction() as connection:
        endpoint = await endpoints.lock_in_use(connection, endpoint_id)
        if endpoint is None:
            return
        await endpoints.disable(
            connection, owner_id=endpoint.owner_id, endpoint_id=endpoint_id, reason=reason
        )
        more = await endings.end_some(connection, endpoint_id)
        await endpoints.changed(connection, endpoint_id)
        await _request_notice(
            connection, endpoint, WebhookNotice(f"webhook.disabled.{reason}"), deps
        )
    if more:
        await end_the_rest(deps.database, endpoint_id)


async def judge_endpoint(endpoint_id: UUID, deps: Deps) -> None:
    """Warn the owner of a failing endpoint, or disable it, when the time has come."""
    async with deps.database.transaction() as connection:
        endpoint = await endpoints.lock_in_use(connection, endpoint_id)
        known = (await health.lock(connection, [endpoint_id])).of.get(endpoint_id)
        if endpoint is None or known is None:
            return
        decided, hours = verdict(known, deps.clock.now())
        if decided is Verdict.WARN:
            await health.warned(connection, endpoint_id, hours)
            await _request_notice(
                connection, endpoint, WebhookNotice(f"webhook.failing.{hours}h"), deps
            )
    if decided is Verdict.DISABLE:
        await disable_endpoint(endpoint_id, "failing", deps)


async def _request_notice(
    connection: Connection, endpoint: Endpoint, notice: WebhookNotice, deps: Deps
) -> None:
    now = deps.clock.now()
    await outbox.add(
        connection,
        NoticeRequested(
            occurred_at=now,
            owner_id=endpoint.owner_id,
            aggregate_id=endpoint.id,
            aggregate_version=next_version(0, now),
            notice=notice,
            url=endpoint.url,
        ),
    )
