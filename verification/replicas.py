"""Two gateways that count limits together."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager

from verification.checkouts import PROJECT, CheckFailed, Checkout
from verification.edge import EDGE
from verification.harm import wait_until_healthy

STORE_SETTING = "GATEWAY_LIMIT_STORE_URL"
UNAUTHORIZED, TOO_MANY = 401, 429
MOST = 50
"""More than the failed checks that an address may have in a minute."""
CLIENT = "203.0.113.50"
"""Named as a proxy does, so that this machine itself is not refused afterwards."""


def count_together(checkout: Checkout, *, options: str = "") -> str:
    """Use up a limit at one gateway; raises CheckFailed if the other does not refuse as well."""
    first = _address(checkout, checkout.container("gateway"))
    with _second(checkout, options) as second:
        used = next((n for n in range(MOST) if _status(first) == TOO_MANY), None)
        if used is None:
            raise CheckFailed(f"{MOST} wrong keys were not refused")
        status = _status(_address(checkout, second))
    if status != TOO_MANY:
        raise CheckFailed(f"after {used} wrong keys at one gateway, the other answers {status}")
    return f"{used} wrong keys at one gateway, then both refuse"


@contextmanager
def _second(checkout: Checkout, options: str) -> Iterator[str]:
    name = f"{PROJECT}-second"
    checkout.run(f"docker compose run -d --no-deps {options} --name {name} gateway")
    try:
        wait_until_healthy(checkout, name)
        yield name
    finally:
        checkout.run(f"docker rm -f {name}")


def _address(checkout: Checkout, container: str) -> str:
    """Return its address in the network of the published port, which this machine reaches."""
    form = f'{{{{(index .NetworkSettings.Networks "{EDGE}").IPAddress}}}}'
    return checkout.run(f"docker inspect --format '{form}' {container}").strip()


def _status(host: str) -> int:
    connection = http.client.HTTPConnection(host, 8000, timeout=20)
    try:
        headers = {"Authorization": "Bearer lt_live_wrong", "X-Forwarded-For": CLIENT}
        connection.request("GET", "/api/v1/me", headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()
