"""Queues that were declared on one RabbitMQ node get members on those that join later.

With three real nodes in containers, of the image that docker-compose.yml names.
"""

import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from tests.deploy.rendering import K8S, ROOT

from linktime_local.testing.engines import container_engine_available
from linktime_local.testing.waiting import eventually
from linktime_operator.deploy.prepare import PrepareSettings, prepare
from linktime_operator.errors import StackError
from linktime_operator.stack.management import open_management, queue_problems
from linktime_operator.stack.services import OPERATOR, SERVICES

pytestmark = pytest.mark.soak

IMAGE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["rabbitmq"]["image"]
COOKIE = "only-of-this-test"
NAMES = ("rabbit1", "rabbit2", "rabbit3")
START_SECONDS = 180


def docker(*words: str) -> str:
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"docker {' '.join(words)}: {done.stderr}"
    return done.stdout.strip()


@dataclass(frozen=True)
class Node:
    """A container; `url` and `management` are on this machine."""

    container: str

    @property
    def management(self) -> str:
        return f"http://admin:secret@{docker('port', self.container, '15672')}"

    @property
    def url(self) -> str:
        return f"amqp://admin:secret@{docker('port', self.container, '5672')}/"

    def control(self, *words: str) -> str:
        command = ["exec", self.container, "rabbitmqctl", "--erlang-cookie", COOKIE, "--quiet"]
        return docker(*command, *words)

    async def until_it_answers(self) -> None:
        async def answers() -> bool:
            try:
                async with open_management(self.management) as management:
                    return bool((await management.cluster("linktime")).running)
            except StackError:
                return False

        await eventually(answers, within=START_SECONDS, every=1, what=f"{self.container} answers")


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[list[Node]]:
    """Nodes that are not in a cluster yet.

    The last one has the settings of the production overlay: a misspelt one would stop it.
    """
    if not container_engine_available():
        pytest.skip("no container engine")
    cluster = yaml.safe_load((K8S / "base" / "broker" / "rabbitmq.yaml").read_text())
    settings = tmp_path / "settings.conf"
    settings.write_text(cluster["spec"]["rabbitmq"]["additionalConfig"])
    settings.chmod(0o644)
    run = f"linktime-test-{uuid.uuid4().hex[:8]}"
    docker("network", "create", run)
    made: list[Node] = []
    try:
        for name in NAMES:
            command = [
                "run",
                "--detach",
                "--user",
                "rabbitmq",
                "--network",
                run,
                "--hostname",
                name,
            ]
            command += ["--network-alias", name, "--name", f"{run}-{name}"]
            command += ["--env", f"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-setcookie {COOKIE} +S 1:1"]
            command += [
                "--env",
                "RABBITMQ_DEFAULT_USER=admin",
                "--env",
                "RABBITMQ_DEFAULT_PASS=secret",
            ]
            if name == NAMES[-1]:
                command += ["--volume", f"{settings}:/etc/rabbitmq/conf.d/20-linktime.conf:ro"]
            docker(*command, "--publish", "127.0.0.1::5672", "--publish", "127.0.0.1::15672", IMAGE)
            made.append(Node(f"{run}-{name}"))
        yield made
    finally:
        for node in made:
            docker("rm", "--force", "--volumes", node.container)
        docker("network", "rm", run)


async def test_queues_grow_with_the_cluster(nodes: list[Node]) -> None:
    """Preparing waits for all nodes, then every queue has a member on each."""
    for node in nodes:
        await node.until_it_answers()
    first = nodes[0]
    settings = PrepareSettings.model_validate(
        {
            "amqp_url": first.url,
            "rabbitmq_management_url": first.management,
            "passwords": {f"rabbitmq-{name}": f"of-{name}" for name in (*SERVICES, OPERATOR)},
        }
    )
    assert await prepare(settings) == []
    for node in nodes[1:]:
        for words in (("stop_app",), ("join_cluster", f"rabbit@{NAMES[0]}"), ("start_app",)):
            node.control(*words)
    observer = first.management.replace("admin:secret", f"{OPERATOR}:of-{OPERATOR}")
    problems = await queue_problems(observer, "linktime")
    assert "The queue linktime.bookings has no member on rabbit@rabbit2, rabbit@rabbit3" in "".join(
        problems
    )
    grown = await prepare(settings.model_copy(update={"rabbitmq_nodes": len(NAMES)}))
    assert "linktime.bookings" in grown
    assert await queue_problems(observer, "linktime") == []
    nodes[2].control("stop_app")
    assert await queue_problems(observer, "linktime") == [
        "The RabbitMQ node rabbit@rabbit3 does not run."
    ]
