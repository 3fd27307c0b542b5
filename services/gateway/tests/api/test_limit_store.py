"""Limits in a shared store, and failures of the store."""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from linktime_gateway.app import SERVICE
from linktime_gateway.store.shared_limits import NOT_LIMITED
from linktime_local.servers.limit_store import LimitStoreServer
from linktime_local.servers.ports import free_port
from linktime_local.testing.services import running
from linktime_local.testing.waiting import eventually

LIST = "/api/v1/bookings"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[LimitStoreServer]:
    store = LimitStoreServer(tmp_path)
    await store.start()
    yield store
    await store.stop()


def with_store(settings: dict[str, Any], url: str, key_limit: str = "60/minute") -> dict[str, Any]:
    return {**settings, "limit_api_key": key_limit, "limit_store_url": url}


async def test_replicas_share_one_limit(
    call: Any, key: str, settings: dict[str, Any], store: LimitStoreServer
) -> None:
    """Sixty requests in total are admitted, further ones get 429 at both."""
    others = with_store(settings, store.url)
    async with running(SERVICE, **others) as one, running(SERVICE, **others) as two:
        answers = [
            await call("GET", LIST, key, url=(one, two)[number % 2].url) for number in range(60)
        ]
        assert {answer.status for answer in answers} == {200}
        left = [int(answer.headers["RateLimit-Remaining"]) for answer in answers]
        assert left == list(range(59, -1, -1))
        for gateway in (one, two):
            refused = await call("GET", LIST, key, url=gateway.url)
            assert refused.status == 429
            assert 1 <= int(refused.headers["Retry-After"]) <= 60


async def test_failed_checks_are_shared(
    call: Any, key: str, settings: dict[str, Any], store: LimitStoreServer
) -> None:
    """An address refused by one replica is refused by the other."""
    others = {**with_store(settings, store.url), "limit_failed_checks": "5/minute"}
    async with running(SERVICE, **others) as one, running(SERVICE, **others) as two:
        failed = [(await call("GET", LIST, url=one.url)).status for _ in range(6)]
        assert failed == [401] * 5 + [429]
        assert (await call("GET", LIST, key, url=two.url)).status == 429


async def test_an_unavailable_store_admits_requests_and_counts_again_when_it_is_back(
    call: Any,
    key: str,
    settings: dict[str, Any],
    store: LimitStoreServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The log has one error, and a metric counts the admitted requests."""
    async with running(SERVICE, **with_store(settings, store.url, "1/minute")) as gateway:

        async def ask() -> int:
            return int((await call("GET", LIST, key, url=gateway.url)).status)

        async def counts() -> bool:
            return await ask() == 429

        assert await ask() == 200
        # Not immediately: on a busy machine the store may time out, which admits the request.
        await eventually(counts)
        await store.kill()
        before = await _uncounted(gateway)
        assert [await ask() for _ in range(20)] == [200] * 20
        assert await _uncounted(gateway) >= before + 20
        unavailable = [
            record
            for record in caplog.records
            if "limit store is unavailable" in record.getMessage()
        ]
        assert len(unavailable) == 1
        await store.start()
        await eventually(counts)


@pytest.mark.usefixtures("product_time_limits")
async def test_a_hung_store_delays_only_one_request(
    call: Any, key: str, settings: dict[str, Any], store: LimitStoreServer
) -> None:
    """One waits for the timeout; the others do not use the store."""
    async with running(SERVICE, **with_store(settings, store.url)) as gateway:
        assert (await call("GET", LIST, key, url=gateway.url)).status == 200
        store.pause()
        began = time.monotonic()
        answers = [await call("GET", LIST, key, url=gateway.url) for _ in range(20)]
        assert {answer.status for answer in answers} == {200}
        assert "RateLimit-Limit" not in answers[-1].headers
        assert time.monotonic() - began < 3


async def test_the_gateway_starts_without_the_store(
    call: Any, key: str, settings: dict[str, Any]
) -> None:
    """And admits requests."""
    others = with_store(settings, f"redis://127.0.0.1:{free_port()}", "1/minute")
    async with running(SERVICE, **others) as gateway:
        answers = [await call("GET", LIST, key, url=gateway.url) for _ in range(5)]
        assert {answer.status for answer in answers} == {200}


async def test_readiness_names_a_store_that_cannot_be_used(
    settings: dict[str, Any], store: LimitStoreServer
) -> None:
    """Also one that answers and cannot write. No check fails, and it is over at once."""
    async with running(SERVICE, **with_store(settings, store.url)) as gateway:

        async def problems() -> dict[str, str]:
            async with gateway.session.get(gateway.internal_url + "/readyz") as answer:
                found: dict[str, str] = (await answer.json())["problems"]
                return found

        async def has_none() -> bool:
            return await problems() == {}

        assert await problems() == {}
        async with Redis(host=store.host, port=store.port) as client:
            await client.config_set("maxmemory", "1")
            assert await problems() == {"limits": NOT_LIMITED}
            await client.config_set("maxmemory", "0")
        await store.kill()
        assert await problems() == {"limits": NOT_LIMITED}
        await store.start()
        await eventually(has_none)


async def _uncounted(gateway: Any) -> float:
    async with gateway.session.get(gateway.internal_url + "/metrics") as answer:
        lines = (await answer.text()).splitlines()
    name = "linktime_gateway_uncounted_requests_total "
    return float(next(line for line in lines if line.startswith(name)).split()[1])
