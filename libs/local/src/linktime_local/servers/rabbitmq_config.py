"""The configuration files of a private RabbitMQ node: settings and users."""

from collections.abc import Sequence
from pathlib import Path

from linktime_common.messaging.broker_users import BrokerUser, definitions
from linktime_common.private_files import write_private
from linktime_local.servers.ports import LOOPBACK

LOG = "rabbitmq.log"


def write_files(
    folder: Path, *, port: int, users: Sequence[BrokerUser], management_port: int | None = None
) -> None:
    """Write rabbitmq.conf and the files it refers to into `folder`, readable by its owner only.

    With `management_port`, the management API answers there.
    """
    management, plugins = "", ""
    if management_port is not None:
        management = f"management.tcp.ip = {LOOPBACK}\nmanagement.tcp.port = {management_port}\n"
        plugins = "rabbitmq_management"
    write_private(folder / "definitions.json", definitions(users))
    # Memory is measured by Erlang, because a root file system may have no /proc.
    write_private(
        folder / "rabbitmq.conf",
        f"listeners.tcp.1 = {LOOPBACK}:{port}\n"
        f"load_definitions = {folder / 'definitions.json'}\n"
        "vm_memory_high_watermark.absolute = 512MB\n"
        "vm_memory_calculation_strategy = allocated\n"
        "disk_free_limit.absolute = 200MB\n"
        "log.console = false\n"
        f"log.file = {LOG}\n"
        "log.file.level = info\n"
        f"{management}",
    )
    write_private(folder / "enabled_plugins", f"[{plugins}].\n")
    write_private(folder / "rabbitmq-env.conf", "")
    write_private(folder / "advanced.config", "[].\n")
    # The node's name needs `localhost`, and a root file system may have no /etc/hosts.
    inetrc = '{lookup, [file, native]}.\n{host, {127,0,0,1}, ["localhost"]}.\n'
    write_private(folder / "inetrc", inetrc)
