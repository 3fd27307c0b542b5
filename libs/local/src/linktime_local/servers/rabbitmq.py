"""A private RabbitMQ node on loopback, with its data in a state folder."""

import asyncio
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote

import aio_pika
from aio_pika.exceptions import AMQPError

from linktime_common.messaging.broker_users import MAY_ADMINISTER, BrokerUser
from linktime_local.servers import rabbitmq_binaries
from linktime_local.servers.errors import ServerUnavailable
from linktime_local.servers.ports import LOOPBACK, free_port, is_free, is_free_everywhere
from linktime_local.servers.processes import ChildProcess, run_once
from linktime_local.servers.progress import silent
from linktime_local.servers.rabbitmq_binaries import RabbitMQBinaries
from linktime_local.servers.rabbitmq_config import LOG, write_files
from linktime_local.servers.rabbitmq_environment import environment, for_node, refuse_path
from linktime_local.servers.state import StateFolder, stop_leftover

ADMINISTRATOR = "linktime"
START_SECONDS = 120.0
START_ATTEMPTS = 4
TAIL_LINES = 15
# Log messages when a free port was taken before the node used it.
PORT_TAKEN = ("dist_port_already_used", "eaddrinuse")
CONTROL_SECONDS = 60.0
STOP_SECONDS = 30.0
# A quorum queue declared just before a kill has no leader after the restart, and blocks every
# channel that publishes to it. An election fixes that, and has no effect on other queues.
ELECT_LEADERS = (
    "[ra:trigger_election(amqqueue:get_pid(Q)) || Q <- rabbit_amqqueue:list(), "
    "amqqueue:get_type(Q) =:= rabbit_quorum_queue]."
)


class RabbitMQServer:
    """A private node; it can be stopped and started again, queues and messages stay.

    With `port` None, a free port is chosen at the first start. With `management_port`, the node has
    RabbitMQ's management API. `users` and an administrator, whose address is `url`, are created at
    each start. `progress` is called with a short sentence before each long step.
    """

    host = LOOPBACK

    def __init__(
        self,
        state: Path,
        *,
        port: int | None = None,
        management_port: int | None = None,
        users: Sequence[BrokerUser] = (),
        progress: Callable[[str], None] = silent,
        binaries: RabbitMQBinaries | None = None,
    ) -> None:
        self._state = StateFolder(state)
        self._wanted_port = port
        self._management_port = management_port
        self._port = port
        self._users = tuple(users)
        self._progress = progress
        self._binaries = binaries
        self._mapper_port: int | None = None
        self._distribution_port: int | None = None
        self._mapper: ChildProcess | None = None
        self._child: ChildProcess | None = None
        self._env: dict[str, str] = {}
        self._serving = False

    @property
    def port(self) -> int:
        """The loopback port; known after the first start."""
        if self._port is None:
            raise ServerUnavailable("RabbitMQ has no port before its first start.")
        return self._port

    @property
    def other_ports(self) -> list[int]:
        """Erlang's other ports, kept across restarts; known after the first start."""
        ports = (self._mapper_port, self._distribution_port)
        return [port for port in ports if port is not None]

    @property
    def pid(self) -> int:
        """The node's process id."""
        return self._running().pid

    @property
    def url(self) -> str:
        """The administrator's address."""
        return self.url_of(ADMINISTRATOR, self._state.secret("rabbitmq"))

    @property
    def management_url(self) -> str:
        """The address of the management API, without a login."""
        return f"http://{self.host}:{self._management_port}"

    def url_of(self, name: str, password: str) -> str:
        """Return the address for a user."""
        return f"amqp://{quote(name, '')}:{quote(password, '')}@{self.host}:{self.port}/"

    async def start(self) -> None:
        """Start it and wait until it accepts connections; raises ServerUnavailable."""
        refuse_path(self._state.path)
        self._state.claim("RabbitMQ")
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Shut it down cleanly, so that confirmed messages are kept; no-op when stopped."""
        if self._child is not None:
            clean = await self._child.stop(within=STOP_SECONDS)
            # After a failed start the election may be missing; the next start repeats it.
            if clean and self._serving:
                self._unclean_mark.unlink(missing_ok=True)
            self._child = None
        await self._stop_mapper()
        self._state.release()

    async def kill(self) -> None:
        """Kill all its processes with SIGKILL, like a crash; `start` recovers."""
        await self._running().kill()
        self._child = None
        await self._stop_mapper()
        self._state.release()

    def pause(self) -> None:
        """Suspend all its processes with SIGSTOP: connections stay open without responses."""
        self._running().pause()

    def resume(self) -> None:
        """Undo `pause`."""
        self._running().resume()

    async def control(self, *arguments: str) -> str:
        """Run `rabbitmqctl` with these arguments for this node; return its output."""
        log = self._state.path / "rabbitmqctl.log"
        log.unlink(missing_ok=True)
        scripts = (await self._found()).scripts
        args = ["./rabbitmqctl", "--quiet", *arguments]
        code = await run_once(args, env=self._env, log=log, within=CONTROL_SECONDS, cwd=scripts)
        output = log.read_text(errors="replace")
        if code != 0:
            raise ServerUnavailable(f"rabbitmqctl {arguments[0]} failed with {code}: {output}")
        return output

    @property
    def _unclean_mark(self) -> Path:
        return self._state.path / "running"

    def _running(self) -> ChildProcess:
        if self._child is None:
            raise ServerUnavailable("RabbitMQ is not running.")
        return self._child

    async def _found(self) -> RabbitMQBinaries:
        if self._binaries is None:
            self._binaries = await rabbitmq_binaries.find(self._state.path, self._progress)
        return self._binaries

    async def _start(self) -> None:
        binaries = await self._found()
        pid_file = self._state.path / "node.pid"
        await stop_leftover(pid_file, sign=str(self._state.path), stop_signal=signal.SIGTERM)
        self._serving = False
        heal = self._unclean_mark.exists()
        for attempt in range(1, START_ATTEMPTS + 1):
            if await self._launch(binaries, last=attempt == START_ATTEMPTS):
                break
        if heal:
            await self.control("eval", ELECT_LEADERS)
        self._serving = True

    async def _launch(self, binaries: RabbitMQBinaries, *, last: bool) -> bool:
        """Start the node once; return False when a free port was taken meanwhile."""
        if self._wanted_port is None and (self._port is None or not is_free(self._port)):
            self._port = free_port()
        if not is_free(self.port):
            raise ServerUnavailable(f"Port {self.port} for RabbitMQ is taken; choose another.")
        password = self._state.secret("rabbitmq")
        administrator = BrokerUser(ADMINISTRATOR, password, tag=MAY_ADMINISTER)
        write_files(
            self._state.path,
            port=self.port,
            users=[administrator, *self._users],
            management_port=self._management_port,
        )
        mapper_port = self._mapper_port = _usable(self._mapper_port)
        self._distribution_port = _usable(self._distribution_port, is_free_everywhere)
        self._env = environment(self._state.path, binaries, mapper_port, self._distribution_port)
        self._progress("Starting RabbitMQ …")
        # A child process, because Erlang would start its port mapper and leave it running.
        self._mapper = ChildProcess.start(
            ["epmd", "-address", self.host, "-port", str(mapper_port)],
            env=self._env,
            log=self._state.path / "epmd.log",
        )
        self._unclean_mark.touch(mode=0o600)
        self._child = ChildProcess.start(
            # Called from its folder, because the script fails if its path has a space.
            ["./rabbitmq-server"],
            env=for_node(self._env),
            cwd=binaries.scripts,
            log=self._state.path / "console.log",
        )
        if await self._until_ready():
            return True
        child = self._running()
        code, tail = child.returncode, child.log_tail()
        if code is not None and not last and any(text in tail for text in PORT_TAKEN):
            await self._stop_mapper()
            # RabbitMQ may refuse for reasons of its own what looks free here.
            self._distribution_port = None
            return False
        why = (
            f"did not accept connections within {START_SECONDS:.0f} s"
            if code is None
            else f"ended with {code}"
        )
        raise ServerUnavailable(f"RabbitMQ {why}; see {child.log}:\n{tail}\n{self._log_tail()}")

    def _log_tail(self) -> str:
        """The end of the node's own log, which says more than what it prints."""
        log = self._state.path / LOG
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        return "\n".join([f"The last lines of {log}:", *lines[-TAIL_LINES:]])

    async def _until_ready(self) -> bool:
        # The node opens its listener last, after plugins and definitions, so a user's handshake
        # proves readiness; rabbitmqctl would take a second longer.
        deadline = time.monotonic() + START_SECONDS
        child = self._running()
        while time.monotonic() < deadline and child.returncode is None:
            if not is_free(self.port) and await self._accepts_connections():
                return True
            await asyncio.sleep(0.05)
        return False

    async def _accepts_connections(self) -> bool:
        try:
            connection = await aio_pika.connect(self.url, timeout=5)
            await connection.close()
        except (OSError, AMQPError, TimeoutError, StopAsyncIteration):
            return False
        return True

    async def _stop_mapper(self) -> None:
        if self._mapper is not None:
            await self._mapper.stop(within=5)
            self._mapper = None


def _usable(kept: int | None, is_usable: Callable[[int], bool] = is_free) -> int:
    port = kept
    while port is None or not is_usable(port):
        port = free_port()
    return port
