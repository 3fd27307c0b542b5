"""RabbitMQ users and permissions, as a definitions document that RabbitMQ imports."""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

VIRTUAL_HOST = "/"
MAY_ADMINISTER, MAY_MONITOR = "administrator", "monitoring"
"""Tags, which decide what a user may do in the management API."""

NOTHING = "^$"


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
    tag: str = ""


def definitions(users: Sequence[BrokerUser]) -> str:
    """Return the definitions document with these users and one virtual host, as JSON text."""
    return json.dumps(
        {
            "vhosts": [{"name": VIRTUAL_HOST}],
            "users": [
                {
                    "name": user.name,
                    "password_hash": _password_hash(user.password),
                    "hashing_algorithm": "rabbit_password_hashing_sha256",
                    "tags": user.tag,
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


def _password_hash(password: str) -> str:
    salt = secrets.token_bytes(4)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
