"""What stands before the gateway: a load balancer and a proxy, which names the client."""

import json
import sys
import time

from verification.checkouts import PROJECT, CheckFailed, Checkout

EDGE, BACKEND = f"{PROJECT}_public", f"{PROJECT}_backend"
HEALTH_SECONDS = 10
LOG_SECONDS = 20.0
LOOK_SECONDS = 0.5
# A request with a wrong key, as a proxy forwards it.
FORWARD = """
import http.client, sys
server, client = sys.argv[1:]
connection = http.client.HTTPConnection(server, timeout=20)
headers = {"Authorization": "Bearer wrong", "X-Forwarded-For": client}
connection.request("GET", "/api/v1/me", headers=headers)
print(connection.getresponse().status)
"""


def check_health(checkout: Checkout) -> None:
    """Ask as a load balancer does; raises CheckFailed if the gateway takes no requests."""
    limit = f"--max-time {HEALTH_SECONDS}"
    answered = checkout.run(f"curl --silent --show-error --fail {limit} {checkout.address}/healthz")
    if json.loads(answered) != {"status": "ok"}:
        raise CheckFailed(f"/healthz answers {answered}")


def check_client(checkout: Checkout, client: str, network: str | None = None) -> None:
    """Forward a request for a client, and look for its address in the log; raises CheckFailed.

    The proxy is a container in the network, or this machine, which uses the published port.
    """
    before = len(_refused(checkout))
    if network is None:
        python, server = sys.executable, f"127.0.0.1:{checkout.port}"
    else:
        image = f"linktime/operator:{checkout.version}"
        python = f"docker run --rm -i --network {network} --entrypoint python {image}"
        server = "gateway:8000"
    checkout.run(f"{python} - {server} {client}", given=FORWARD)
    ends = time.monotonic() + LOG_SECONDS
    while len(found := _refused(checkout)[before:]) == 0 and time.monotonic() < ends:
        time.sleep(LOOK_SECONDS)
    if client not in found:
        proxy = network or "the published port"
        raise CheckFailed(f"for {client} behind {proxy} the gateway logs the client as {found}")


def _refused(checkout: Checkout) -> list[str]:
    """Return the clients of the refusals in the gateway's log."""
    printed = checkout.run(f"docker logs {checkout.container('gateway')}")
    lines = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    return [line["client"] for line in lines if line["event"] == "refused"]
