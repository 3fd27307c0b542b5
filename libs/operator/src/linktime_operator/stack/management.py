"""RabbitMQ's management API: users, the nodes of the cluster, and the members of quorum queues.

A queue that was declared while the cluster had fewer nodes has members on those nodes only, until
others are added.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import aiohttp

from linktime_common.messaging.broker_users import VIRTUAL_HOST
from linktime_operator.errors import StackError
from linktime_operator.stack.reasons import reason_of

CALL_SECONDS = 30.0
WHOLE_SECONDS = 300.0
GROW_SECONDS = 120.0
LOOK_SECONDS = 2.0
REFUSED = 400
NOT_FOUND = 404
MANAGEMENT = "RabbitMQ's management (LINKTIME_RABBITMQ_MANAGEMENT_URL)"
_VHOST = quote(VIRTUAL_HOST, safe="")


@dataclass(frozen=True)
class BrokerCluster:
    """`nodes` says of each node whether it runs, `queues` has the members of each quorum queue."""

    nodes: Mapping[str, bool]
    queues: Mapping[str, frozenset[str]]

    @property
    def running(self) -> frozenset[str]:
        """The nodes that run."""
        return frozenset(name for name, runs in self.nodes.items() if runs)

    def lacking(self) -> dict[str, list[str]]:
        """Return the nodes that are not members, by queue; queues that lack none are left out."""
        lacks = {name: sorted(set(self.nodes) - members) for name, members in self.queues.items()}
        return {name: nodes for name, nodes in sorted(lacks.items()) if nodes}

    def missing(self) -> list[tuple[str, str]]:
        """Return each queue with each running node that it lacks."""
        lacking = self.lacking().items()
        return [(queue, node) for queue, nodes in lacking for node in nodes if self.nodes[node]]


class Management:
    """Calls the management API. Each call raises StackError if it cannot be used or refuses."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def cluster(self, prefix: str) -> BrokerCluster:
        """Return the nodes, and the quorum queues whose names begin with `prefix` and a dot."""
        nodes = await self._call("GET", "/api/nodes?columns=name,running")
        queues = await self._call("GET", f"/api/queues/{_VHOST}?columns=name,type,members")
        return BrokerCluster(
            {node["name"]: bool(node.get("running")) for node in nodes},
            {
                queue["name"]: frozenset(queue["members"])
                for queue in queues
                if queue["name"].startswith(f"{prefix}.") and queue.get("members")
            },
        )

    async def import_definitions(self, document: str) -> None:
        """Create users and permissions, or update them."""
        await self._call("POST", "/api/definitions", document)

    async def until_whole(self, prefix: str, nodes: int, *, within: float = WHOLE_SECONDS) -> None:
        """Wait until the wanted number of nodes runs; raises StackError after `within` seconds."""
        deadline = time.monotonic() + within
        while len(running := (await self.cluster(prefix)).running) < nodes:
            if time.monotonic() >= deadline:
                raise StackError(
                    f"RabbitMQ has {len(running)} of {nodes} nodes (LINKTIME_RABBITMQ_NODES) after "
                    f"{within:.0f} s."
                )
            await asyncio.sleep(min(LOOK_SECONDS, within))

    async def grow(self, prefix: str, *, within: float = GROW_SECONDS) -> list[str]:
        """Make every running node a member of every queue; returns the queues that lacked one.

        RabbitMQ refuses for a moment, while the last change of a queue is not known to all of its
        members. Raises StackError if a queue still lacks one after `within` seconds.
        """
        deadline = time.monotonic() + within
        grown: dict[str, None] = {}
        while missing := (await self.cluster(prefix)).missing():
            refused = [await self._add_member(queue, node) for queue, node in missing]
            grown |= dict.fromkeys(queue for queue, _node in missing)
            if time.monotonic() >= deadline:
                names = ", ".join(dict.fromkeys(queue for queue, _node in missing))
                raise StackError(
                    f"Queues have fewer members than RabbitMQ has nodes ({names}), and adding one "
                    f"was refused: {next(filter(None, refused), 'no reason was given')}."
                )
            if any(refused):
                await asyncio.sleep(LOOK_SECONDS)
        return sorted(grown)

    async def _add_member(self, queue: str, node: str) -> str:
        """Return why it was refused, empty if it was not; raises StackError if it cannot be."""
        path = f"/api/queues/quorum/{_VHOST}/{quote(queue, safe='')}/replicas/add"
        status, text = await self._send("POST", path, json.dumps({"node": node}))
        if status == NOT_FOUND:
            raise StackError(
                "RabbitMQ before 3.13 cannot add members to queues over HTTP. Type on one of its "
                f"machines: rabbitmq-queues grow {node} all"
            )
        return "" if status < REFUSED else f"{node}: {text[:200]} ({status})"

    async def _call(self, method: str, path: str, document: str | None = None) -> Any:
        status, text = await self._send(method, path, document)
        if status >= REFUSED:
            raise StackError(f"{MANAGEMENT} refused {method} {path.partition('?')[0]} ({status}).")
        return json.loads(text) if text else None

    async def _send(self, method: str, path: str, document: str | None) -> tuple[int, str]:
        try:
            async with self._session.request(
                method, f"{self._url}{path}", data=document
            ) as response:
                return response.status, await response.text()
        except (OSError, TimeoutError, aiohttp.ClientError) as error:
            raise StackError(f"{MANAGEMENT} cannot be used: {reason_of(error)}") from error


@asynccontextmanager
async def open_management(url: str, login_of: str | None = None) -> AsyncIterator[Management]:
    """Yield the API at `url`, with the login of that address, else of `login_of`."""
    parts = urlsplit(url)
    server = parts._replace(netloc=parts.netloc.rpartition("@")[2], path=parts.path.rstrip("/"))
    login = parts if parts.username else urlsplit(login_of or "")
    who = aiohttp.encode_basic_auth(unquote(login.username or ""), unquote(login.password or ""))
    timeout = aiohttp.ClientTimeout(total=CALL_SECONDS)
    headers = {"Authorization": who, "Content-Type": "application/json"}
    async with aiohttp.ClientSession(headers=headers, timeout=timeout) as session:
        yield Management(session, urlunsplit(server))


async def queue_problems(management_url: str, prefix: str) -> list[str]:
    """Return which nodes do not run, and which queues have fewer members than there are nodes."""
    try:
        async with open_management(management_url) as management:
            found = await management.cluster(prefix)
    except StackError as error:
        return [str(error)]
    return [
        *(
            f"The RabbitMQ node {name} does not run."
            for name in sorted(set(found.nodes) - found.running)
        ),
        *(
            f"The queue {name} has no member on {', '.join(nodes)}; `linktime deploy prepare` "
            "adds them."
            for name, nodes in found.lacking().items()
        ),
    ]
