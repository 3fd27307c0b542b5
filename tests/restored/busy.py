"""Hosts whose bookings are made, moved and cancelled, and an identity provider, all at once."""

import asyncio
import itertools
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from tests.faults.truth import Write, booking
from tests.hosts import Host, make_host
from tests.providers import Provider, make_provider
from tests.receiver import Receiver

from linktime_common.ids import new_id
from linktime_local.testing.waiting import eventually
from linktime_operator.stack.stack import Stack

HOSTS = 4
DAYS = 12
PAUSE_SECONDS = 0.2
MESSAGE_ID = re.compile(rb"^Message-ID:\s*<(.+?)>", re.IGNORECASE | re.MULTILINE)


@dataclass
class Busy:
    """`done` has the answered changes of each booking, the first being that it was made."""

    hosts: list[Host]
    provider: Provider
    done: Counter[str] = field(default_factory=Counter)
    members: list[str] = field(default_factory=list)
    before: Counter[str] = field(default_factory=Counter)
    members_before: list[str] = field(default_factory=list)
    is_over: bool = False

    async def run(self) -> None:
        """Work until `is_over`."""
        async with asyncio.TaskGroup() as group:
            for host in self.hosts:
                group.create_task(self._book(host, await host.slots(days=DAYS)))
            group.create_task(self._provision())

    async def continues(self, more: int) -> None:
        """Return when so many more bookings are made."""
        wanted = len(self.done) + more
        await eventually(lambda: len(self.done) >= wanted, within=120, what="more bookings")

    def note(self) -> None:
        """Keep what is answered until now."""
        self.before, self.members_before = Counter(self.done), list(self.members)

    async def _book(self, host: Host, free: list[str]) -> None:
        """Make bookings, of which each second is moved and each third cancelled.

        Times that become free are taken again soon.
        """
        for number in itertools.count():
            if self.is_over:
                return
            start = free.pop(0)
            made = await booking(host, start).until_answered(within=60)
            assert made.status == 201, made
            name = str(made.body["bookingId"])
            self.done[name] += 1
            if number % 2:
                other = free.pop(0)
                await self._change(host, name, "reschedule", {"newStartTime": other})
                free.insert(0, start)
                start = other
            if number % 3 == 0:
                await self._change(host, name, "cancel", {})
                free.insert(1, start)

    async def _change(self, host: Host, name: str, verb: str, body: dict[str, Any]) -> None:
        write = Write(host, f"/api/v1/bookings/{name}/{verb}", body, new_id().hex)
        answer = await write.until_answered(within=60)
        assert answer.status == 200, answer
        self.done[name] += 1

    async def _provision(self) -> None:
        while not self.is_over:
            self.members.append(await self.provider.provision(self.provider.new_email()))
            await asyncio.sleep(PAUSE_SECONDS)


async def make_busy(stack: Stack, http: aiohttp.ClientSession, receiver: Receiver) -> Busy:
    """Create the hosts, who subscribe to the changes of their bookings, and the provider."""
    hosts = [await make_host(stack, http) for _ in range(HOSTS)]
    for host in hosts:
        await host.subscribe(
            receiver.url, "booking.created", "booking.rescheduled", "booking.cancelled"
        )
    return Busy(hosts, await make_provider(stack, http))


def mails_in(state: Path) -> Counter[str]:
    """Count the messages in the mail sink of a stack by Message-ID."""
    found: Counter[str] = Counter()
    for path in (state / "mail" / "messages").glob("*.eml"):
        header = MESSAGE_ID.search(path.read_bytes())
        assert header is not None, path
        found[header[1].decode()] += 1
    return found
