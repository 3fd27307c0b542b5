"""The gateway compared with nginx and fastify: one upstream, alternating windows.

`python -m bench.gateway` runs it alone. All three check a key, count it against a limit that is not
reached, and forward 1 KB of JSON; the gateway also signs an identity. The speed of a shared machine
varies by half within seconds, so the result is the median ratio of consecutive windows.
"""

import asyncio
import contextlib
import itertools
import json
import statistics
import sys
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.programs import (
    OTHER_CORE,
    PEERS,
    SERVER_CORE,
    need,
    nginx,
    pin,
    pinned,
    running,
)
from bench.slots import Row
from bench.stack import measure_alone
from bench.wrk import Window, window

from linktime_local.servers.ports import LOOPBACK, free_port
from linktime_operator.stack.stack import Stack

PROGRAMS = ("nginx", "wrk", "node", "npm")
CONNECTIONS = (32, 128)
ROUNDS = 6
PATH = "/api/v1/contacts"
# Above the rate of any of them, but still counted.
LIMITS = {f"GATEWAY_LIMIT_{name}": "1000000000/minute" for name in ("API_KEY", "FAILED_CHECKS")}
PAYLOAD = json.dumps({"data": "x" * 1000})

UPSTREAM = """
    server {{
        listen 127.0.0.1:{port};
        location / {{ default_type application/json; return 200 '{payload}'; }}
    }}
"""
PEER = """
    map_hash_bucket_size 128;
    map $http_authorization $user {{ default ""; "Bearer {key}" "a-user"; }}
    limit_req_zone $user zone=users:1m rate=1000000r/s;
    upstream services {{
        server 127.0.0.1:{upstream};
        keepalive 256;
        keepalive_requests 1000000000;
    }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            if ($user = "") {{ return 401; }}
            limit_req zone=users burst=100000 nodelay;
            proxy_pass http://services;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }}
    }}
"""


@dataclass(frozen=True)
class Target:
    """The port and process of one gateway."""

    name: str
    url: str
    pid: int


async def run(stack: Stack) -> list[Row]:
    """Measure and return the rows in the order of printing. The stack's gateway is unusable
    afterwards."""
    async with contextlib.AsyncExitStack() as programs:
        upstream = free_port()
        serving = nginx(
            stack.state, "upstream", UPSTREAM.format(port=upstream, payload=PAYLOAD), upstream
        )
        pin(await programs.enter_async_context(serving), OTHER_CORE)
        key = stack.file.demo.api_key if stack.file.demo else None
        assert key is not None, "a new stack has a demo host with a key"
        targets = [
            await _ours(stack, upstream),
            await programs.enter_async_context(_nginx(stack.state, upstream, key)),
            await programs.enter_async_context(_fastify(stack.state, upstream, key)),
        ]
        rows = []
        for connections in CONNECTIONS:
            rounds = [
                [await window(target.url, key, connections, target.pid) for target in targets]
                for _ in range(ROUNDS)
            ]
            rows += _compared(connections, targets, rounds)
        half = next(row.value for row in rows if row.unit == "a second") / 2
        return rows + await _added(targets[0].url, f"http://{LOOPBACK}:{upstream}{PATH}", key, half)


async def _ours(stack: Stack, upstream: int) -> Target:
    await stack.restart(
        "gateway", {"GATEWAY_CONTACTS_URL": f"http://{LOOPBACK}:{upstream}", **LIMITS}
    )
    pid = stack.file.services["gateway"].pids[0]
    pin(pid, SERVER_CORE)
    return Target("gateway", stack.file.gateway + PATH, pid)


@contextlib.asynccontextmanager
async def _nginx(folder: Path, upstream: int, key: str) -> AsyncIterator[Target]:
    port = free_port()
    configuration = PEER.format(key=key, upstream=upstream, port=port)
    async with nginx(folder, "peer", configuration, port) as pid:
        pin(pid, SERVER_CORE)
        yield Target("nginx", f"http://{LOOPBACK}:{port}{PATH}", pid)


@contextlib.asynccontextmanager
async def _fastify(folder: Path, upstream: int, key: str) -> AsyncIterator[Target]:
    port = free_port()
    environment = {
        "PORT": str(port),
        "UPSTREAM": f"http://{LOOPBACK}:{upstream}",
        "KEY": key,
        "LIMIT": "1000000000",
        "NODE_ENV": "production",
    }
    async with running(
        ["node", PEERS / "gateway.mjs"], environment, folder / "fastify.log", port
    ) as pid:
        pin(pid, SERVER_CORE)
        yield Target("fastify", f"http://{LOOPBACK}:{port}{PATH}", pid)


def _compared(connections: int, targets: list[Target], rounds: list[list[Window]]) -> list[Row]:
    rows = []
    for target, windows in zip(targets, zip(*rounds, strict=True), strict=True):
        name = f"{target.name}, {connections} connections"
        middle = Window(*map(statistics.median, zip(*windows, strict=True)))
        rows += [
            Row(f"{name}: requests", round(middle.per_second), "a second"),
            Row(f"{name}: requests", round(middle.per_processor_second), "a processor second"),
            Row(f"{name}: p50", round(middle.p50, 2), "ms"),
            Row(f"{name}: p99", round(middle.p99, 2), "ms"),
        ]
    for place, peer in enumerate(targets[1:], start=1):
        name = f"gateway to {peer.name}, {connections} connections"
        pairs = [(windows[0], windows[place]) for windows in rounds]
        rows += [
            Row(f"{name}: requests", _ratio(pairs, "per_second"), "times"),
            Row(f"{name}: a processor second", _ratio(pairs, "per_processor_second"), "times"),
            Row(f"{name}: p99", _ratio(pairs, "p99"), "times"),
        ]
    return rows


def _ratio(pairs: list[tuple[Window, Window]], figure: str) -> float:
    ratios = [getattr(ours, figure) / getattr(peer, figure) for ours, peer in pairs]
    return round(statistics.median(ratios), 3)


async def _added(gateway: str, upstream: str, key: str, rate: float) -> list[Row]:
    """Measure what the gateway adds to the p99 of its upstream at a steady rate."""
    command = ("-m", "bench.open_loop", gateway, upstream, key, str(rate))
    process = await asyncio.create_subprocess_exec(
        *pinned(OTHER_CORE, sys.executable, *command), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise SystemExit(f"{gateway} or {upstream} did not answer every request")
    ours, bare = json.loads(output)
    through, straight = [_p99(window) for window in ours], [_p99(window) for window in bare]
    added = statistics.median(one - two for one, two in zip(through, straight, strict=True))
    overall = _p99(itertools.chain(*ours)) - _p99(itertools.chain(*bare))
    name = f"p99 at half load ({rate:,.0f} a second)"
    return [
        Row(f"{name} through the gateway", statistics.median(through), "ms"),
        Row(f"{name} straight to the upstream", statistics.median(straight), "ms"),
        Row(f"{name} added", added, "ms"),
        Row(f"{name} added, of all windows combined", overall, "ms"),
    ]


def _p99(milliseconds: Iterable[float]) -> float:
    return statistics.quantiles(milliseconds, n=100)[98]


if __name__ == "__main__":
    need(*PROGRAMS)
    measure_alone(run)
