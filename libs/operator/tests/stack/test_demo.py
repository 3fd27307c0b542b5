"""The demo host at a start after people have changed it."""

import shutil
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import aio_pika
import asyncpg
import pytest
from aio_pika.exceptions import ChannelNotFoundEntity
from libs.operator.tests.given_servers import databases

from linktime_common.contracts.events.scim import Plan
from linktime_local.testing.engines import state_folder
from linktime_operator.operations import calendars, credentials, users
from linktime_operator.stack.demo import EMAIL, ensure_demo
from linktime_operator.stack.kept import KeptSecrets
from linktime_operator.stack.settings import StackSettings
from linktime_operator.stack.stack import Stack
from linktime_operator.stack_file import Demo

LIVE_KEYS = 50
COPY_ELSEWHERE = (
    "INSERT INTO calendar_accounts (id, host_id, kind, preset, server, user_name, credentials)"
    " SELECT gen_random_uuid(), host_id, kind, preset, 'dav.example.com', user_name, credentials"
    " FROM calendar_accounts WHERE id = $1"
)
OTHER_EMAIL = "email = 'other@example.net', email_key = 'other@example.net'"


@pytest.fixture(scope="module")
async def stack(postgres_dsn: str, broker_url: str) -> AsyncIterator[Stack]:
    settings = StackSettings.model_validate(
        {"port": None, "postgres_dsn": postgres_dsn, "amqp_url": broker_url}
    )
    name = f"test_{uuid.uuid4().hex[:8]}"
    with state_folder("demo") as folder:
        async with Stack(folder, settings, name=name, temporary=True) as stack:
            yield stack


@pytest.fixture
def secrets(stack: Stack, tmp_path: Path) -> Iterator[KeptSecrets]:
    """The kept secrets, which the next test finds as they were."""
    shutil.copytree(stack.state / "secrets", tmp_path / "secrets")
    yield KeptSecrets(stack.state / "secrets")
    shutil.rmtree(stack.state / "secrets")
    shutil.copytree(tmp_path / "secrets", stack.state / "secrets")


async def start(stack: Stack, secrets: KeptSecrets) -> tuple[Demo, list[str]]:
    """Do what a start does for the demo host; returns it and the warnings."""
    warnings: list[str] = []
    demo = await ensure_demo(stack.clients, stack.file.gateway, secrets, None, warnings.append)
    assert demo is not None, warnings
    return demo, warnings


def before(stack: Stack) -> Demo:
    assert stack.file.demo is not None
    return stack.file.demo


@asynccontextmanager
async def database(stack: Stack, service: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(stack.file.postgres.databases[service].dsn)
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def changed_account(stack: Stack, change: str) -> AsyncIterator[Any]:
    """Change the account for the duration of the block."""
    newer = "version = version + 1"
    async with database(stack, "scim") as connection:
        row = await connection.fetchrow("SELECT email, email_key, username, name FROM users")
        await connection.execute(f"UPDATE users SET {change}, {newer}")
        try:
            yield connection
        finally:
            old = "email = $1, email_key = $2, username = $3, name = $4, active = true"
            await connection.execute(f"UPDATE users SET {old}, {newer}", *row)


async def test_nothing_is_made_twice(stack: Stack, secrets: KeptSecrets) -> None:
    """The second start returns what the first one made, with the event types in order."""
    demo, warnings = await start(stack, secrets)
    assert (demo, warnings) == (before(stack), [])
    assert [one.slug for one in demo.event_types] == ["intro", "deep-dive"]


async def test_without_its_server_the_calendar_is_disconnected(
    stack: Stack, secrets: KeptSecrets
) -> None:
    """Otherwise the host has no slots after a day. Accounts elsewhere stay."""
    calendar = stack.file.calendar
    assert calendar is not None
    warnings: list[str] = []
    gateway = stack.file.gateway
    assert await ensure_demo(stack.clients, gateway, secrets, calendar, warnings.append)
    (connected,) = await calendars.list_of(stack.clients, EMAIL)
    async with database(stack, "availability") as connection:
        await connection.execute(COPY_ELSEWHERE, UUID(connected["id"]))
        await start(stack, secrets)
        (left,) = await calendars.list_of(stack.clients, EMAIL)
        await connection.execute("DELETE FROM calendar_accounts")
    assert left["server"] == "dav.example.com"
    assert await ensure_demo(stack.clients, gateway, secrets, calendar, warnings.append)
    assert [one["server"] for one in await calendars.list_of(stack.clients, EMAIL)] == ["127.0.0.1"]
    assert await start(stack, secrets) == (before(stack), [])
    assert warnings == []


async def test_an_archived_event_type_stays_archived(stack: Stack, secrets: KeptSecrets) -> None:
    archive = "UPDATE event_types SET active = $1 WHERE slug = 'deep-dive'"
    async with database(stack, "availability") as connection:
        await connection.execute(archive, False)
        try:
            demo, warnings = await start(stack, secrets)
        finally:
            await connection.execute(archive, True)
    assert [one.slug for one in demo.event_types] == ["intro"]
    assert (demo.api_key, warnings) == (before(stack).api_key, [])


async def test_without_a_plan_for_keys_there_is_no_key(stack: Stack, secrets: KeptSecrets) -> None:
    """A warning names the reason; on the plan again, the kept key works again."""
    await users.set_plan(stack.clients, EMAIL, Plan.FREE)
    try:
        demo, warnings = await start(stack, secrets)
    finally:
        await users.set_plan(stack.clients, EMAIL, Plan.BUSINESS)
    assert (demo.api_key, demo.scim_token) == (None, before(stack).scim_token)
    assert len(warnings) == 1
    assert warnings[0].startswith("The demo API key could not be created: ")
    assert "plan" in warnings[0]
    assert await start(stack, secrets) == (before(stack), [])


async def test_a_damaged_password_is_a_warning(stack: Stack, secrets: KeptSecrets) -> None:
    """The host exists; only the table and stack.json need its password."""
    secrets.write("demo-password", "")
    demo, warnings = await start(stack, secrets)
    assert (demo.password, demo.api_key) == (None, before(stack).api_key)
    assert len(warnings) == 1
    assert "demo-password is damaged: restore it from a backup, or remove it" in warnings[0]
    secrets.write("demo-password", before(stack).password or "")


@pytest.mark.parametrize("kept", ["", "damaged", "\x00"])
async def test_a_damaged_id_is_a_warning_with_what_to_do(
    stack: Stack, secrets: KeptSecrets, kept: str
) -> None:
    """Unless the host is found by its e-mail: then the file is written again."""
    secrets.write("demo-host", kept)
    assert await start(stack, secrets) == (before(stack), [])
    assert secrets.read_id("demo-host") is not None
    secrets.write("demo-host", kept)
    async with changed_account(stack, OTHER_EMAIL):
        warnings: list[str] = []
        gateway = stack.file.gateway
        assert await ensure_demo(stack.clients, gateway, secrets, None, warnings.append) is None
    path = stack.state / "secrets" / "demo-host"
    remedy = "restore it from a backup, or remove it and start LinkTime again."
    assert warnings == [f"The demo host could not be created: {path} is damaged: {remedy}"]


async def test_a_revoked_key_and_token_are_replaced(stack: Stack, secrets: KeptSecrets) -> None:
    """Unless there are as many as allowed."""
    async with database(stack, "gateway") as connection:
        for table in ("api_keys", "scim_tokens"):
            await connection.execute(f"UPDATE {table} SET revoked_at = now()")
    await stack.restart("gateway")  # it caches valid ones
    demo, warnings = await start(stack, secrets)
    assert warnings == []
    assert None not in (demo.api_key, demo.scim_token)
    assert demo.api_key != before(stack).api_key
    assert demo.scim_token != before(stack).scim_token
    for _ in range(LIVE_KEYS - 1):
        await credentials.make_api_key(stack.clients, EMAIL)
    secrets.write("demo-api-key", "lt_live_revoked")
    demo, warnings = await start(stack, secrets)
    assert demo.api_key is None
    assert ["API key" in line for line in warnings] == [True]
    await _make_valid(stack)


async def _make_valid(stack: Stack) -> None:
    """Make the first key and token valid again, and remove all others."""
    async with database(stack, "gateway") as connection:
        for table in ("api_keys", "scim_tokens"):
            oldest = f"SELECT id FROM {table} ORDER BY created_at, id LIMIT 1"
            await connection.execute(f"DELETE FROM {table} WHERE id <> ({oldest})")
            await connection.execute(f"UPDATE {table} SET revoked_at = NULL")
    await stack.restart("gateway")


async def test_a_renamed_host_is_the_same_host(stack: Stack, secrets: KeptSecrets) -> None:
    """With another e-mail, username and name; no second host is made."""
    change = f"{OTHER_EMAIL}, username = 'other', name = 'Other'"
    async with changed_account(stack, change) as connection:
        demo, warnings = await start(stack, secrets)
        assert await connection.fetchval("SELECT count(*) FROM users") == 1
    assert (demo.email, demo.username) == ("other@example.net", "other")
    assert (demo.api_key, warnings) == (before(stack).api_key, [])


async def test_an_inactive_host_gets_no_key(stack: Stack, secrets: KeptSecrets) -> None:
    async with changed_account(stack, "active = false"):
        demo, warnings = await start(stack, secrets)
    assert demo.api_key is None
    assert "The demo API key could not be created: " in " ".join(warnings)
    assert await start(stack, secrets) == (before(stack), [])


async def test_a_host_that_cannot_be_made_is_a_warning(stack: Stack, tmp_path: Path) -> None:
    """Neither e-mail nor id are known, and the username belongs to somebody."""
    warnings: list[str] = []
    secrets = KeptSecrets(tmp_path / "secrets")
    async with changed_account(stack, OTHER_EMAIL):
        demo = await ensure_demo(stack.clients, stack.file.gateway, secrets, None, warnings.append)
    assert demo is None
    assert len(warnings) == 1
    assert warnings[0].startswith("The demo host could not be created: ")


async def test_given_servers_are_used_and_cleaned_up(
    stack: Stack, postgres_dsn: str, broker_url: str
) -> None:
    """No server is started; a temporary stack removes its databases and queues.

    The last test of this module, because it stops the stack.
    """
    assert stack.file.postgres.pid is None
    assert stack.file.rabbitmq.pid is None
    assert len(before(stack).event_types) == 2
    assert await databases(postgres_dsn, stack._name) == 6
    await stack.stop()
    assert not (stack.state / "postgresql").exists()
    assert await databases(postgres_dsn, stack._name) == 0
    async with await aio_pika.connect(broker_url) as connection:
        channel = await connection.channel()
        with pytest.raises(ChannelNotFoundEntity):
            await channel.get_exchange(f"{stack._name}.events", ensure=True)
