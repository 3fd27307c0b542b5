"""Every code sample of the API's document runs, in its language, against the running services."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from documents import openapi

from linktime_availability.api.logos import SQUARE
from linktime_operator.operations import calendars
from linktime_operator.stack.stack import Stack
from tests import api_document
from tests.browsers import sign_up
from tests.hosts import Host

DOCUMENT = openapi.split(api_document.DOCUMENT)["openapi.json"]
SECONDS = 60
LANGUAGES = ["Shell", "Python", "JavaScript"]
FOLDER = Path(__file__).parent / "samples"
# Each runs one sample after another, as a module of its own; to start one per sample takes longer.
RUNNERS = {
    "Python": (sys.executable, FOLDER / "run.py"),
    "JavaScript": ("node", FOLDER / "run.mjs"),
}
LONGEST_ANSWER = 16 * 1024 * 1024
OPERATIONS = [
    pytest.param(path, operation, id=operation["operationId"])
    for path, operations in DOCUMENT["paths"].items()
    for operation in operations.values()
]
QUESTION = {"id": "topic", "label": "What is it about?", "type": "text"}


@dataclass
class Samples:
    """A host with what the samples need; each run gets a booking and a contact of its own."""

    host: Host
    event_type_id: str
    feed: str
    logo: str
    """The digest in the address of the host's logo."""
    folder: Path
    """Where the programs run: one of them writes a file."""
    free: list[str] = field(default_factory=list)

    async def values(self, path: str, operation: Mapping[str, Any]) -> dict[str, str]:
        """Return existing values for the examples in the samples of an operation."""
        email = f"zoe-{uuid4().hex}@example.com"
        found = {"2026-03-01T14:00:00.000Z": self.free.pop(), "zoe@example.com": email}
        found["2026-03-02T14:00:00.000Z"] = self.free.pop()
        for parameter in operation["parameters"]:
            if parameter.get("in") == "path":
                found[parameter["example"]] = await self._value(path, parameter["name"])
        content = operation.get("requestBody", {}).get("content", {})
        body = content["application/json"]["example"] if content else {}
        if "eventTypeSlug" in body:
            found[body["eventTypeSlug"]] = self.host.event_type
        if "contactId" in body:  # the one that another is merged into, or the other
            found[body["contactId"]] = await self._value(path, "id")
        if "eventTypeId" in body:
            found[body["eventTypeId"]] = self.event_type_id
        return found

    async def _value(self, path: str, name: str) -> str:
        known = {
            "slug": self.host.event_type,
            "username": self.host.username,
            "digest": self.logo,
        }
        if name in known:
            return known[name]
        if path.startswith("/api/public/feeds/"):
            return self.feed
        if "event-types" in path:
            return self.event_type_id
        if "schedules" in path:
            listed = await self.host.call("GET", "/api/v1/schedules")
            return str(listed.body["data"][0]["id"])
        if "contacts" in path:
            body = {"name": "Zoë", "email": f"zoe-{uuid4().hex}@example.com"}
            return str((await self.host.call("POST", "/api/v1/contacts", body)).body["id"])
        booked = await self._book()
        return str(booked["bookingId"] if name == "id" else booked["manageUrl"].rpartition("/")[2])

    async def _book(self) -> Any:
        wanted = {
            "eventTypeId": self.event_type_id,
            "startTime": self.free.pop(),
            "inviteeName": "Zoë",
            "inviteeEmail": "zoe@example.com",
            "inviteeTimezone": "Europe/Berlin",
        }
        answer = await self.host.call("POST", "/api/bookings", wanted)
        assert answer.status == 201, answer
        return answer.body


@pytest.fixture(scope="module")
async def samples(
    stack: Stack, http: aiohttp.ClientSession, tmp_path_factory: pytest.TempPathFactory
) -> Samples:
    host, browser = await sign_up(stack, http)
    branded = await browser.call("PUT", "/dashboard/api/brand/logo", {"image": SQUARE})
    logo = branded.body["logoUrl"].rpartition("/")[2].removesuffix(".webp")
    host.event_type = await host.add_event_type(questions=[QUESTION])
    listed = (await host.call("GET", "/api/v1/event-types")).body["data"]
    (event_type_id,) = (one["id"] for one in listed if one["slug"] == host.event_type)
    feed = await calendars.create_feed(stack.clients, host.email)
    token = feed.url.rpartition("/")[2].removesuffix(".ics")
    folder = tmp_path_factory.mktemp("samples")
    return Samples(host, event_type_id, token, logo, folder, await host.slots(days=20))


def test_every_operation_has_samples_in_all_languages() -> None:
    """Including those of invitees and of ingestion."""
    for parameter in OPERATIONS:
        _path, operation = parameter.values
        assert [one["lang"] for one in operation["x-codeSamples"]] == LANGUAGES


@pytest.fixture(scope="module")
async def runners(samples: Samples) -> AsyncIterator[dict[str, asyncio.subprocess.Process]]:
    """Run the interpreters of Python and JavaScript."""
    started = {name: await start(samples, *command) for name, command in RUNNERS.items()}
    yield started
    for runner in started.values():
        runner.kill()
        await runner.communicate()


@pytest.mark.parametrize(("path", "operation"), OPERATIONS)
async def test_samples_run(
    samples: Samples,
    runners: dict[str, asyncio.subprocess.Process],
    path: str,
    operation: dict[str, Any],
) -> None:
    """They end with success and print the answer."""
    for sample in operation["x-codeSamples"]:
        source, language = sample["source"], sample["lang"]
        for example, value in (await samples.values(path, operation)).items():
            source = source.replace(example, value)
        async with asyncio.timeout(SECONDS):
            if language == "Shell":
                printed = await run_shell(source, samples)
            else:
                printed = await run(source, runners[language])
        success = next(one for status, one in operation["responses"].items() if status < "300")
        if language == "Shell" and "application/json" in success["content"]:
            example = success["content"]["application/json"]["example"]
            assert set(json.loads(printed)) == set(example)
        assert printed


async def run(source: str, runner: asyncio.subprocess.Process) -> str:
    """Return what a program prints; fails unless it succeeds."""
    assert runner.stdin is not None
    assert runner.stdout is not None
    runner.stdin.write(json.dumps(source).encode() + b"\n")
    said = json.loads(await runner.stdout.readline())
    assert said["error"] is None, said["error"] + said["printed"]
    return str(said["printed"])


async def run_shell(source: str, samples: Samples) -> str:
    """Return what a script prints; fails unless it succeeds."""
    process = await start(samples, "bash", "-ec", source)
    try:
        printed, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, (errors + printed).decode()
    return printed.decode()


async def start(samples: Samples, *command: str | Path) -> asyncio.subprocess.Process:
    settings = {
        "LINKTIME_URL": samples.host.stack.file.gateway.rstrip("/"),
        "LINKTIME_API_KEY": samples.host.key,
        "PYTHONUTF8": "1",
    }
    return await asyncio.create_subprocess_exec(
        *command,
        cwd=samples.folder,
        env=os.environ | settings,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=LONGEST_ANSWER,
    )
