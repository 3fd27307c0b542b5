"""The loopback ports of one stack: preferred ones if free, else free ones, kept across runs."""

import socket
from collections.abc import Callable, Mapping
from pathlib import Path

import orjson
from pydantic import TypeAdapter, ValidationError

from linktime_common.private_files import read_regular, write_private
from linktime_common.setting_types import Port
from linktime_local.servers.ports import bound, free_port, is_free, is_permitted


class Ports:
    """Chooses ports, and reserves those of the services while the stack runs.

    A reserved port is bound without listening: the services, which share ports by SO_REUSEPORT, can
    still listen there, and no other program can bind it, also during a restart of a service.
    """

    def __init__(self, memory: Path, say: Callable[[str], None]) -> None:
        self._memory = memory
        self._say = say
        self._kept = _remembered(memory)
        self._held: list[socket.socket] = []
        self._asked: dict[int, str] = {}

    def reserve(self, wanted: Mapping[str, int | None]) -> None:
        """Let wanted ports take precedence over kept ones of other names."""
        asked = {port: name for name, port in wanted.items() if port is not None}
        self._kept = {
            name: port for name, port in self._kept.items() if asked.get(port, name) == name
        }
        self._asked = asked

    def choose(self, name: str, wanted: int | None) -> int:
        """Return the wanted port, else the last run's, else a free one; reports a taken port."""
        return self._choose(name, wanted, is_free)

    def hold(self, name: str, wanted: int | None) -> int:
        """Choose a port and reserve it until `release`."""
        return self._choose(name, wanted, lambda port: is_free(port) and self._take(port))

    def _choose(self, name: str, wanted: int | None, usable: Callable[[int], bool]) -> int:
        candidates = [port for port in (wanted, self._kept.get(name)) if port is not None]
        found = next((port for port in dict.fromkeys(candidates) if usable(port)), None)
        while found is None:
            port = free_port()
            found = port if port not in self._asked and usable(port) else None
        if wanted not in (None, found):
            self._say(f"Port {wanted} for {name} {_obstacle(wanted)}; using {found} instead.")
        self._kept[name] = found
        return found

    def _take(self, port: int) -> bool:
        # Not SO_REUSEADDR too: with it others could bind the port while no socket listens.
        holder = bound(port, socket.SO_REUSEPORT)
        if holder is not None:
            self._held.append(holder)
        return holder is not None

    def remember(self) -> None:
        """Save the choices for the next run."""
        write_private(self._memory, orjson.dumps(self._kept, option=orjson.OPT_INDENT_2).decode())

    def release(self) -> None:
        """Release the reserved ports."""
        for holder in self._held:
            holder.close()
        self._held.clear()


def _remembered(memory: Path) -> dict[str, int]:
    """Return the last run's ports; none if the file is missing or damaged.

    A start in a state folder that cannot be used is refused later.
    """
    try:
        kept = TypeAdapter(dict[str, Port]).validate_json(read_regular(memory))
    except (OSError, ValidationError):
        return {}
    return kept if len(set(kept.values())) == len(kept) else {}


def _obstacle(port: int) -> str:
    if is_permitted(port):
        return "is taken"
    return "is not permitted: ports below 1024 need root or CAP_NET_BIND_SERVICE"
