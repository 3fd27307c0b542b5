"""Stacks for tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from linktime_operator.stack.services import SERVICES
from linktime_operator.stack.settings import StackSettings
from linktime_operator.stack.stack import Stack
from tests.limits import RAISED_LIMITS

RETRY_SECONDS = "[0, 0.2, 0.5, 1, 2, 5, 5, 5, 5, 5]"


def settings_for_tests(folder: Path) -> dict[str, dict[str, str]]:
    """Return the settings by service that `temporary_stack` has."""
    settings = {
        service: {"LINKTIME_FAULT_FILE": str(folder / f"fault-{service}")} for service in SERVICES
    }
    settings["webhooks"]["WEBHOOKS_RETRY_DELAYS_SECONDS"] = RETRY_SECONDS
    settings["gateway"] |= RAISED_LIMITS
    settings["bookings"]["BOOKINGS_SWEEP_INTERVAL_SECONDS"] = "0.3"
    return settings


def temporary_stack(
    folder: Path,
    *,
    name: str = "linktime_tests",
    environment: dict[str, dict[str, str]] | None = None,
    replicas: int | None = None,
) -> Stack:
    """Return a stack for tests, with fast retries and raised limits.

    It has free ports, separate state, short sweep intervals, and failpoints armed by writing to
    `<state>/fault-<service>`. LINKTIME_REPLICAS in the environment applies if `replicas` is None.
    """
    settings = settings_for_tests(folder)
    for service, more in (environment or {}).items():
        settings[service] |= more
    return Stack(
        folder,
        StackSettings(port=None, **({} if replicas is None else {"replicas": replicas})),
        name=name,
        environment=settings,
        temporary=True,
    )


@asynccontextmanager
async def paused(stack: Stack, service: str) -> AsyncIterator[None]:
    """Keep a service from answering, as on a machine that hangs."""
    stack.pause(service)
    try:
        yield
    finally:
        stack.resume(service)
        await stack.wait_ready(service)
