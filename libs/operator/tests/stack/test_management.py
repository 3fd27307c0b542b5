"""Members of quorum queues, and the preparation of a real broker."""

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from libs.operator.tests.launched import run_linktime

from linktime_common.messaging.topology import Topology
from linktime_local.servers.ports import free_port
from linktime_local.servers.rabbitmq import RabbitMQServer
from linktime_local.testing.engines import state_folder
from linktime_operator.deploy.prepare import PrepareSettings, prepare
from linktime_operator.errors import StackError
from linktime_operator.stack import broker
from linktime_operator.stack.management import (
    BrokerCluster,
    open_management,
    queue_problems,
)
from linktime_operator.stack.services import OPERATOR, SERVICES

A, B, C = "rabbit@a", "rabbit@b", "rabbit@c"


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[RabbitMQServer]:
    """A broker with the management API."""
    with state_folder("managed") as folder:
        made = RabbitMQServer(folder, management_port=free_port())
        await made.start()
        try:
            yield made
        finally:
            await made.kill()


def settings_of(server: RabbitMQServer, **more: object) -> PrepareSettings:
    """Return those of the Job in Kubernetes, where the login comes from files of its own."""
    login = urlsplit(server.url)
    return PrepareSettings.model_validate(
        {
            "amqp_url": f"amqp://{server.host}:{server.port}/",
            "rabbitmq_user": login.username,
            "rabbitmq_password": login.password,
            "rabbitmq_management_url": server.management_url,
            "passwords": {f"rabbitmq-{name}": f"of-{name}" for name in (*SERVICES, OPERATOR)},
            **more,
        }
    )


def observer_url(server: RabbitMQServer, password: str = f"of-{OPERATOR}") -> str:
    return server.management_url.replace("//", f"//{OPERATOR}:{quote(password)}@")


def test_a_queue_lacks_the_nodes_that_came_after_it() -> None:
    """Also one that does not run now: it is a node of the cluster."""
    found = BrokerCluster(
        {A: True, B: False, C: True},
        {"linktime.b": frozenset({A}), "linktime.a": frozenset({A, B, C})},
    )
    assert found.lacking() == {"linktime.b": [B, C]}
    assert found.missing() == [("linktime.b", C)]


async def test_preparing_can_be_repeated(server: RabbitMQServer) -> None:
    """Every queue is there with its members; the operator's user sees them, and no message."""
    for _time in range(2):
        assert await prepare(settings_of(server)) == []
    assert await queue_problems(observer_url(server), "linktime") == []
    topology = Topology("linktime")
    async with open_management(observer_url(server)) as management:
        found = await management.cluster("linktime")
    queues = {topology.queue(name) for name in topology.consumers()}
    assert queues <= found.queues.keys()
    assert set(found.queues.values()) == {frozenset(found.nodes)}
    with pytest.raises(StackError, match="cannot be used"):
        await broker.declare(server.url_of(OPERATOR, f"of-{OPERATOR}"), topology)


async def test_nothing_is_declared_before_the_cluster_is_whole(server: RabbitMQServer) -> None:
    """The sentence names both numbers."""
    async with open_management(server.management_url, server.url) as management:
        with pytest.raises(StackError) as refused:
            await management.until_whole("linktime", 2, within=0.1)
        await management.until_whole("linktime", 1)
    assert str(refused.value) == ("RabbitMQ has 1 of 2 nodes (LINKTIME_RABBITMQ_NODES) after 0 s.")


async def test_a_wrong_login_is_a_problem(server: RabbitMQServer) -> None:
    problems = await queue_problems(observer_url(server, "wrong"), "linktime")
    assert problems == [
        "RabbitMQ's management (LINKTIME_RABBITMQ_MANAGEMENT_URL) refused GET /api/nodes (401)."
    ]


async def test_doctor_names_what_is_wrong_with_the_brokers(
    server: RabbitMQServer, tmp_path: Path
) -> None:
    """Its settings come from files, as in the operator's pod."""
    (tmp_path / "LINKTIME_OPERATOR_KEYS").write_text("{}")
    (tmp_path / "LINKTIME_RABBITMQ_MANAGEMENT_URL").write_text(observer_url(server, "wrong"))
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("LINKTIME_")},
        "LINKTIME_SECRETS": str(tmp_path),
        "LINKTIME_SCIM_INTERNAL_URL": f"http://127.0.0.1:{free_port()}",
    }
    examined = await run_linktime("doctor", "--json", env=environment)
    assert examined.status == 1
    problems = json.loads(examined.output)["problems"]
    assert any("refused GET /api/nodes (401)" in one for one in problems), problems
