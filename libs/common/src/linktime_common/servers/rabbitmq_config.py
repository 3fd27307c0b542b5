"""The files a private RabbitMQ node reads: its settings, and its users as definitions."""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from linktime_common.servers.ports import LOOPBACK
from linktime_common.servers.state import write_private

VIRTUAL_HOST = "/"


@dataclass(frozen=True)
class BrokerUser:
    """A broker user and the names it may configure, write to and read from (regular expressions).

    `topic_permissions` maps an exchange to the routing keys it may (write, read).
    """

    name: str
    password: str = field(repr=False)
    configure: str = ".*"
    write: str = ".*"
    read: str = ".*"
    topic_permissions: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    administrator: bool = False


def definitions(users: Sequence[BrokerUser]) -> str:
    """The definitions document with these users and one virtual host, as JSON text."""
    return json.dumps(
        {
            "vhosts": [{"name": VIRTUAL_HOST}],
            "users": [
                {
                    "name": user.name,
                    "password_hash": _password_hash(user.password),
                    "hashing_algorithm": "rabbit_password_hashing_sha256",
                    "tags": "administrator" if user.administrator else "",
                }
                for user in users
            ],
            "permissions": [
                {
                    "user": user.name,
                    "vhost": VIRTUAL_HOST,
                    "configure": user.configure,
                    "write": user.write,
                    "read": user.read,
                }
                for user in users
            ],
            "topic_permissions": [
                {
                    "user": user.name,
                    "vhost": VIRTUAL_HOST,
                    "exchange": exchange,
                    "write": write,
                    "read": read,
                }
                for user in users
                for exchange, (write, read) in user.topic_permissions.items()
            ],
        }
    )


def write_files(folder: Path, *, port: int, users: Sequence[BrokerUser]) -> None:
    """Write rabbitmq.conf and what it names into `folder`; only its owner reads them."""
    write_private(folder / "definitions.json", definitions(users))
    # Memory is asked of Erlang, not the system: a bare root may have no /proc.
    write_private(
        folder / "rabbitmq.conf",
        f"listeners.tcp.1 = {LOOPBACK}:{port}\n"
        f"load_definitions = {folder / 'definitions.json'}\n"
        "vm_memory_high_watermark.absolute = 512MB\n"
        "vm_memory_calculation_strategy = allocated\n"
        "disk_free_limit.absolute = 200MB\n"
        "log.console = false\n"
        "log.file = rabbitmq.log\n"
        "log.file.level = info\n",
    )
    write_private(folder / "enabled_plugins", "[].\n")
    write_private(folder / "rabbitmq-env.conf", "")
    write_private(folder / "advanced.config", "[].\n")
    # The node's name needs `localhost`, which a bare root has no /etc/hosts to resolve with.
    inetrc = '{lookup, [file, native]}.\n{host, {127,0,0,1}, ["localhost"]}.\n'
    write_private(folder / "inetrc", inetrc)


def _password_hash(password: str) -> str:
    salt = secrets.token_bytes(4)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
