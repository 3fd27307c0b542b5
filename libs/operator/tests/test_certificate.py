"""What doctor says about the certificate of the public address."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from linktime_operator.operations.certificate import (
    certificate_problems,
    certificate_warnings,
    look_at,
)

Site = Callable[[datetime], AbstractAsyncContextManager[str]]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Serve TLS with a certificate that ends then, of an authority that this process trusts."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))

    @asynccontextmanager
    async def serve(ends: datetime) -> AsyncIterator[str]:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert("127.0.0.1", not_after=ends).configure_cert(context)

        async def close(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.close()

        server = await asyncio.start_server(close, "127.0.0.1", 0, ssl=context)
        async with server:
            yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    return serve


async def test_a_certificate_that_ends_soon_is_a_warning(site: Site) -> None:
    """Within 14 days."""
    now = datetime.now(UTC)
    for days, count in ((20, 0), (10, 1)):
        async with site(now + timedelta(days=days)) as url:
            found = await look_at(url)
        assert certificate_problems(found) == []
        warnings = certificate_warnings(found, now)
        assert len(warnings) == count
        assert all(f"{now + timedelta(days=days):%Y-%m-%d}" in text for text in warnings)


async def test_an_expired_certificate_is_a_problem(site: Site) -> None:
    """With the reason."""
    async with site(datetime.now(UTC) - timedelta(days=1)) as url:
        found = await look_at(url)
    (problem,) = certificate_problems(found)
    assert (url in problem, "expired" in problem) == (True, True)


@pytest.mark.parametrize("url", [None, "http://127.0.0.1:1", "https://127.0.0.1:1"])
async def test_what_is_not_seen_is_no_problem(url: str | None) -> None:
    """No https, or no way to the address from here."""
    assert await look_at(url) is None
