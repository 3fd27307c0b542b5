"""A name server, an authority, and clients that may reach this machine or public addresses only."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trustme
from libs.common.tests.egress.clients import LOOPBACK, Open
from libs.common.tests.egress.nameserver import NameServer, name_server

from linktime_common.egress.client import GuardedClient
from linktime_common.egress.resolver import Resolver
from linktime_common.egress.way_out import WayOut


@pytest.fixture
async def names() -> AsyncIterator[NameServer]:
    async with name_server() as server:
        yield server


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def open_client(names: NameServer, authority: trustme.CA, tmp_path: Path) -> Open:
    """Return a function that opens a client, by default for 127.0.0.0/8."""
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(file)

    @contextlib.asynccontextmanager
    async def opened(
        *,
        allowed: object = LOOPBACK,
        forbidden_ports: tuple[int, ...] = (),
        allow_http: bool = True,
        proxy: str | None = None,
    ) -> AsyncIterator[GuardedClient]:
        resolver = Resolver(allowed, forbidden_ports=forbidden_ports, server=names.address)
        way_out = WayOut(resolver, proxy=proxy, ca_file=file)
        async with resolver, GuardedClient(way_out, allow_http=allow_http) as client:
            yield client

    return opened


@pytest.fixture
async def client(open_client: Open) -> AsyncIterator[GuardedClient]:
    """A client that may reach 127.0.0.0/8."""
    async with open_client() as opened:
        yield opened
