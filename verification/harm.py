"""Processes that are killed, and containers that must come back by themselves."""

import json
import time

from linktime_operator.stack.services import SERVICES
from verification.checkouts import CheckFailed, Checkout
from verification.traffic import Api, Traffic

SERVERS = ("postgres", "rabbitmq")
BACK_SECONDS = 120.0
LOOK_SECONDS = 0.5
AFTER_SECONDS = 5.0
"""Bookings made when all is back."""


def kill(checkout: Checkout, container: str) -> None:
    """Kill every process in a container but its first, which then ends."""
    checkout.status(f"docker exec {container} sh -c 'kill -9 -1'")


def wait_until_back(
    checkout: Checkout, container: str, restarts: int, within: float = BACK_SECONDS
) -> None:
    """Return when it was started again and is healthy; raises CheckFailed."""
    ends = time.monotonic() + within
    state: dict[str, object] = {}
    while time.monotonic() < ends:
        state = _state(checkout, container)
        if state["restarts"] != restarts and state["health"] == "healthy":
            return
        time.sleep(LOOK_SECONDS)
    raise CheckFailed(f"{container[:12]} is not back after {within:.0f} s: {state}")


def wait_until_healthy(checkout: Checkout, container: str, within: float = BACK_SECONDS) -> None:
    """Return when its health check succeeds; raises CheckFailed."""
    ends = time.monotonic() + within
    while _state(checkout, container)["health"] != "healthy":
        if time.monotonic() > ends:
            raise CheckFailed(f"{container[:12]} is not healthy after {within:.0f} s")
        time.sleep(LOOK_SECONDS)


def restarts(checkout: Checkout, container: str) -> int:
    """Return how often the engine has started it again."""
    return int(str(_state(checkout, container)["restarts"]))


def _state(checkout: Checkout, container: str) -> dict[str, object]:
    shown = checkout.run(f"docker inspect {container}")
    (found,) = json.loads(shown)
    health = found["State"].get("Health", {}).get("Status")
    return {"restarts": found["RestartCount"], "health": health, "is": found["State"]["Status"]}


def kill_each(checkout: Checkout, api: Api) -> str:
    """Kill each service, the broker and the database while bookings are made."""
    with Traffic(api) as traffic:
        for name in (*SERVICES, *SERVERS):
            container = checkout.container(name)
            before = restarts(checkout, container)
            kill(checkout, container)
            wait_until_back(checkout, container, before)
        time.sleep(AFTER_SECONDS)
    checkout.operator("doctor")
    return traffic.compare()
