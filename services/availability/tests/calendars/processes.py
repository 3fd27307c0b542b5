"""Processes of the role `sync`."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator

from services.availability.tests.keys import SEALING_KEY

from linktime_local.servers.ports import free_port
from linktime_local.testing.services import accepted_by, key_between


@contextlib.asynccontextmanager
async def sync_process(dsn: str, **more: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `python -m linktime_availability sync` during the block."""
    environment = {
        "AVAILABILITY_POSTGRES_DSN": dsn,
        "AVAILABILITY_BROKER_URL": f"amqp://guest:guest@127.0.0.1:{free_port()}/",
        "AVAILABILITY_PORT": str(free_port()),
        "AVAILABILITY_INTERNAL_PORT": str(free_port()),
        "AVAILABILITY_IDENTITY_ACCEPT": json.dumps(accepted_by("availability")),
        "AVAILABILITY_IDENTITY_ISSUE": json.dumps({"scim": key_between("availability", "scim")}),
        "AVAILABILITY_SCIM_INTERNAL_URL": f"http://127.0.0.1:{free_port()}",
        "AVAILABILITY_PUBLIC_URL": "https://meet.example",
        "AVAILABILITY_SEALING_KEYS": json.dumps([SEALING_KEY]),
        "AVAILABILITY_ALLOWED_NETWORKS": '["127.0.0.0/8"]',
        "AVAILABILITY_ALLOW_HTTP": "true",
        "AVAILABILITY_LOG_LEVEL": "WARNING",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "linktime_availability", "sync"),
        env={**os.environ, **environment, **more},
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
