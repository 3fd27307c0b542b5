"""Damage to a running stack, and expiry of holds and leases."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.hosts import Host, rows

from linktime_local.testing.waiting import eventually
from linktime_operator.stack.stack import Stack

# Holds, claims and leases use their database's clock; these change their times.
LET_HOLDS_EXPIRE = """
    UPDATE reservations
       SET expires_at = now() - interval '1 second'
     WHERE host_id = $1 AND status = 'held'
"""
LET_CLAIMS_END = """
    UPDATE idempotency_records
       SET claimed_until = now() - interval '1 second'
     WHERE scope = 'user ' || $1::text AND status IS NULL
"""
LET_LEASES_END = """
    UPDATE outbox
       SET claimed_until = now() - interval '1 second'
     WHERE published_at IS NULL AND claimed_until IS NOT NULL
"""
LET_DELIVERIES_END = """
    UPDATE deliveries
       SET lease_until = now() - interval '1 second'
     WHERE lease_until IS NOT NULL
"""


def arm(stack: Stack, service: str, point: str, signal: str = "SIGKILL") -> None:
    """Arm a failpoint: the next process of `service` that reaches `point` gets `signal`."""
    (stack.state / f"fault-{service}").write_text(f"{point} {signal}")


async def is_obeyed(stack: Stack, service: str) -> None:
    """Return when a process has reached the armed point; it may not have ended yet."""
    fault = stack.state / f"fault-{service}"
    await eventually(lambda: not fault.exists(), what=f"{service} reaching {fault}")


@asynccontextmanager
async def killed_at(stack: Stack, service: str, point: str) -> AsyncIterator[None]:
    """Kill `service` at `point` within the block; it is ready again afterwards."""
    before = pids(stack, service)
    arm(stack, service, point)
    yield
    await is_obeyed(stack, service)
    await revived(stack, service, before)


def pids(stack: Stack, service: str) -> list[int]:
    return stack.file.services[service].pids


async def revived(stack: Stack, service: str, before: list[int]) -> None:
    """Return when processes other than `before` are ready."""
    await eventually(lambda: pids(stack, service) != before, what=f"{service} started again")
    await stack.wait_ready(service)


async def deliveries_are_due(stack: Stack) -> None:
    """End the leases of a killed dispatcher, which last up to a minute."""
    await rows(stack, "webhooks", LET_DELIVERIES_END)


async def holds_expire(host: Host) -> None:
    """Expire the host's holds; the sweeper settles them soon."""
    await rows(host.stack, "availability", LET_HOLDS_EXPIRE, host.id)


async def leases_end(host: Host) -> None:
    """End the claims and leases of a killed process.

    Idempotency keys are claimed for 4 s, outbox rows are leased for 30 s.
    """
    await rows(host.stack, "bookings", LET_CLAIMS_END, str(host.id))
    await rows(host.stack, "bookings", LET_LEASES_END)
