"""The private RabbitMQ node."""

import socket
from collections.abc import AsyncIterator
from pathlib import Path

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel, AbstractQueue
from aiormq.exceptions import ChannelAccessRefused

from linktime_common.messaging.broker_users import BrokerUser, definitions
from linktime_common.process_table import command_line, descendants
from linktime_local.servers import rabbitmq, rabbitmq_binaries
from linktime_local.servers.errors import ServerUnavailable
from linktime_local.servers.ports import LOOPBACK, free_port, is_free
from linktime_local.servers.rabbitmq import RabbitMQServer
from linktime_local.servers.rabbitmq_binaries import RabbitMQBinaries
from linktime_local.testing.engines import state_folder
from linktime_local.testing.waiting import eventually

WRITER = BrokerUser(
    "writer",
    "a p@ss/word",
    configure="^$",
    write="^events$",
    read="^$",
    topic_permissions={"events": ("^mine\\.", "^$")},
)


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[RabbitMQServer]:
    """A started node with one restricted user; shared, since a start takes seconds."""
    with state_folder("with space") as folder:
        server = RabbitMQServer(folder, users=[WRITER])
        await server.start()
        yield server
        await server.stop()


async def quorum_queue(channel: AbstractChannel, name: str) -> AbstractQueue:
    return await channel.declare_queue(name, durable=True, arguments={"x-queue-type": "quorum"})


async def publish(channel: AbstractChannel, routing_key: str, exchange: str = "") -> None:
    target = (
        await channel.get_exchange(exchange, ensure=False) if exchange else channel.default_exchange
    )
    message = aio_pika.Message(b"kept", delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
    await target.publish(message, routing_key, timeout=10)


async def taken(server: RabbitMQServer, queue: str) -> bytes:
    async with await aio_pika.connect(server.url) as connection:
        channel = await connection.channel()
        message = await (await channel.get_queue(queue, ensure=False)).get(timeout=10)
        await message.ack()
        return message.body


async def test_permissions(server: RabbitMQServer) -> None:
    """The broker refuses names and routing keys outside a user's permissions."""
    async with await aio_pika.connect(server.url) as connection:
        channel = await connection.channel()
        await channel.declare_exchange("events", aio_pika.ExchangeType.TOPIC, durable=True)
    address = server.url_of(WRITER.name, WRITER.password)
    async with await aio_pika.connect(address) as connection:
        await publish(await connection.channel(), "mine.one", "events")
        with pytest.raises(ChannelAccessRefused):
            await publish(await connection.channel(), "theirs.one", "events")
        with pytest.raises(ChannelAccessRefused):
            await (await connection.channel()).declare_queue("own")


async def test_stop_and_restart(
    server: RabbitMQServer,
) -> None:
    """No process is left, not even a port mapper, and confirmed messages are kept."""
    async with await aio_pika.connect(server.url) as connection:
        channel = await connection.channel()
        await publish(channel, (await quorum_queue(channel, "over_stop")).name)
    family = [server.pid, *descendants(server.pid), server._mapper.pid]
    port, others = server.port, server.other_ports
    await server.stop()
    assert [command_line(pid) for pid in family] == [None] * len(family)
    assert is_free(port)
    await server.start()
    assert (server.port, server.other_ports) == (port, others)
    assert await taken(server, "over_stop") == b"kept"


async def test_port_taken_during_start(
    server: RabbitMQServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another port is chosen if the first is taken before the node uses it."""
    await server.stop()
    with socket.socket() as blocker:
        blocker.bind((LOOPBACK, 0))
        blocker.listen()
        chosen = [free_port(), blocker.getsockname()[1]]  # the port mapper's, and the node's
        server._mapper_port = server._distribution_port = None
        monkeypatch.setattr(rabbitmq, "is_free_everywhere", lambda _port: True)
        monkeypatch.setattr(rabbitmq, "free_port", lambda: chosen.pop(0) if chosen else free_port())
        await server.start()
    assert not chosen


async def test_a_port_taken_at_another_address_is_another_port(server: RabbitMQServer) -> None:
    """RabbitMQ wants its distribution port free at every address, though it uses only one."""
    await server.stop()
    mapper, distribution = server.other_ports
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.2", distribution))
        somebody.listen()
        await server.start()
    assert server.other_ports[0] == mapper
    assert server.other_ports[1] != distribution
    assert server._env["ERL_CRASH_DUMP"].startswith(str(server._state.path))


async def test_what_crashes_logs_no_body(server: RabbitMQServer) -> None:
    """Neither a channel's last message and state nor what is formatted before it is logged."""
    body = "planted" * 20
    log = server._state.path / "rabbitmq.log"
    async with await aio_pika.connect(server.url) as connection:
        await connection.channel()
        await server.control(
            "eval",
            f'[P | _] = rabbit_channel:list(), gen_server2:cast(P, {{odd, [<<"{body}">>]}}), '
            f'proc_lib:spawn(fun() -> erlang:error({{odd, <<"{body}">>}}) end), '
            f'logger:error("odd ~p", [#{{a => [<<"{body}">>]}}]).',
        )
        await eventually(lambda: log.read_text().count("left_out") >= 3)
        await eventually(lambda: "(left out)" in log.read_text())
    assert "planted" not in log.read_text()
    assert "[info]" in log.read_text()


@pytest.mark.parametrize("name", ["a'b", 'a"b', "a\nb", "a`b", "a#b", "a{b", "a:b"])
async def test_a_folder_that_rabbitmq_cannot_use_is_refused_at_once(
    tmp_path: Path, name: str
) -> None:
    """One sentence that says what to do, instead of a node that never becomes ready."""
    with pytest.raises(ServerUnavailable, match="with LINKTIME_STATE") as refused:
        await RabbitMQServer(tmp_path / name).start()
    assert "\n" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


async def test_queue_declared_just_before_kill(
    server: RabbitMQServer,
) -> None:
    """Such a quorum queue has no leader after a restart; the start elects one."""
    async with await aio_pika.connect(server.url) as connection:
        await quorum_queue(await connection.channel(), "young")
        await server.kill()
    await server.start()
    async with await aio_pika.connect(server.url) as connection:
        await publish(await connection.channel(), "young")
    assert await taken(server, "young") == b"kept"


async def test_pause_and_resume(server: RabbitMQServer) -> None:
    """An open connection hangs while it is paused and continues afterwards."""
    async with await aio_pika.connect(server.url) as connection:
        channel = await connection.channel()
        queue = await quorum_queue(channel, "paused")
        server.pause()
        with pytest.raises(TimeoutError):
            await channel.default_exchange.publish(
                aio_pika.Message(b"kept"), queue.name, timeout=0.3
            )
        server.resume()
        assert await taken(server, queue.name) == b"kept"


async def test_one_folder_has_one_owner(server: RabbitMQServer) -> None:
    """A second start with the same folder is refused."""
    with pytest.raises(ServerUnavailable, match="RabbitMQ is already running on"):
        await RabbitMQServer(server._state.path).start()


async def test_listens_on_loopback_only(server: RabbitMQServer) -> None:
    """Neither the node nor its port mapper can be reached from another machine."""
    addresses = Path("/proc/net/tcp").read_text().splitlines()[1:]
    ports = {server.port, *server.other_ports}
    assert len(ports) == 3
    listening = [line.split()[1] for line in addresses if line.split()[3] == "0A"]
    ours = [address for address in listening if int(address.split(":")[1], 16) in ports]
    assert sorted(ours) == sorted(f"0100007F:{port:04X}" for port in ports)


async def test_failed_start(tmp_path: Path) -> None:
    """The error contains the end of the log, and no process is left."""
    script = tmp_path / "rabbitmq-server"
    script.write_text("#!/bin/sh\necho no room for the node; exit 3\n")
    script.chmod(0o755)
    server = RabbitMQServer(tmp_path / "state", binaries=RabbitMQBinaries(tmp_path))
    with pytest.raises(ServerUnavailable, match=r"RabbitMQ ended with 3; (?s:.*)no room for the"):
        await server.start()
    assert server._mapper is None


async def test_no_rabbitmq_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without RabbitMQ and Debian's tools the error says how to install it."""
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ServerUnavailable, match="sudo apt-get install rabbitmq-server"):
        await rabbitmq_binaries.find(tmp_path, print, installed=())


def test_cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The configured folder, else the user's cache; an error if the configured one is no folder."""
    for name in ("LINKTIME_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert rabbitmq_binaries.cache_folder() == tmp_path / ".cache/linktime"
    monkeypatch.setenv("LINKTIME_CACHE", str(tmp_path / "mine"))
    assert rabbitmq_binaries.cache_folder() == tmp_path / "mine"
    tmp_path.joinpath("file").touch()
    for wrong in ("file", "file/below"):
        monkeypatch.setenv("LINKTIME_CACHE", str(tmp_path / wrong))
        with pytest.raises(ServerUnavailable, match=f"LINKTIME_CACHE names {tmp_path / wrong}, "):
            rabbitmq_binaries.cache_folder()
    monkeypatch.delenv("LINKTIME_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert rabbitmq_binaries.cache_folder() is None


def test_definitions_contain_no_password() -> None:
    """Only salted hashes are written, with a new salt each time."""
    first, second = definitions([WRITER]), definitions([WRITER])
    assert WRITER.password not in first
    assert first != second
