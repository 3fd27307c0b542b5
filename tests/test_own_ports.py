"""A webhook never reaches LinkTime itself, though this machine is an allowed network."""

from urllib.parse import urlsplit

import pytest

from linktime_common.http.client import Answered
from linktime_local.servers.ports import free_port
from linktime_local.testing.waiting import eventually
from linktime_operator.operations import calendars, webhooks
from linktime_operator.stack_file import StackFile
from tests.hosts import Host, rows

LOG = "SELECT reason, response_body FROM attempts WHERE endpoint_id = $1"
MOVE = "UPDATE endpoints SET url = $2 WHERE id = $1 RETURNING id"


def addresses(running: StackFile) -> list[str]:
    """Return the addresses of all parts of this stack."""
    services = [url for one in running.services.values() for url in (one.url, one.internal_url)]
    servers = [
        f"http://{running.postgres.host}:{running.postgres.port}",
        f"http://127.0.0.1:{urlsplit(running.rabbitmq.url).port}",
    ]
    assert running.mail is not None
    assert running.calendar is not None
    servers += [running.mail.smtp, running.mail.inbox, running.calendar.url]
    return [running.gateway, *services, *servers]


async def test_no_port_of_ours_can_be_subscribed(host: Host) -> None:
    """Gateway, public and internal ports, PostgreSQL, RabbitMQ, mail and calendar; by any name of
    this machine."""
    for address in addresses(host.stack.file):
        port = urlsplit(address).port
        for name in ("127.0.0.1", "localhost"):
            with pytest.raises(Answered) as refused:
                await host.subscribe(f"http://{name}:{port}/metrics", "booking.created")
            assert refused.value.status == 400, address
            assert f"Port {port} of this address" in refused.value.body.decode()


async def test_a_calendar_is_connected_at_the_calendar_server_only(host: Host) -> None:
    """Of this machine nothing else can be reached, whether it is LinkTime's or not."""
    clients, running = host.stack.clients, host.stack.file
    assert running.calendar is not None
    others = [one for one in addresses(running) if one != running.calendar.url]
    for address in (*others, f"http://127.0.0.1:{free_port()}/"):
        given = {"url": address, "user": "ada", "password": "secret"}
        if not address.startswith("http"):
            given["url"] = f"http://127.0.0.1:{urlsplit(address).port}/"
        with pytest.raises(Answered) as refused:
            await calendars.connect(clients, host.email, given)
        assert refused.value.status == 400, address
        assert "may not be reached" in refused.value.body.decode(), address
    given = {
        "url": running.calendar.url,
        "user": running.calendar.user,
        "password": running.calendar.password,
    }
    assert (await calendars.connect(clients, host.email, given))["state"] == "CONNECTED"


async def test_a_test_delivery_does_not_read_metrics(host: Host) -> None:
    """For an endpoint that was stored before the rule: nothing is sent, nothing is shown."""
    clients = host.stack.clients
    made = await webhooks.create(
        clients, host.email, f"http://127.0.0.1:{free_port()}/", ["booking.created"]
    )
    inside = f"{host.stack.file.services['bookings'].internal_url}/metrics"
    assert await rows(host.stack, "webhooks", MOVE, made.id, inside)
    await webhooks.send_test(clients, host.email, made.id, "booking.created")

    async def attempted() -> list[tuple[str, bytes]]:
        return await rows(host.stack, "webhooks", LOG, made.id)

    ((reason, body),) = await eventually(attempted, what="the attempt in the log")
    assert (reason, body) == ("blocked_address", b"")
