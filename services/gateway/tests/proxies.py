"""Caddy and nginx before a gateway, with the configurations of docs/operations.md."""

import contextlib
import re
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import trustme
from tests.pages import section

from linktime_local.servers.ports import free_port
from linktime_local.servers.processes import ChildProcess
from linktime_local.testing.debian_programs import program
from linktime_local.testing.waiting import eventually

PAGE = "docs/operations.md"
NAME = "linktime.example.org"
GATEWAY = "127.0.0.1:8080"
CERTIFICATE, KEY = "/etc/ssl/certs/linktime.pem", "/etc/ssl/private/linktime.key"


@dataclass(frozen=True)
class Proxy:
    """A running proxy: its HTTPS port, and what its clients trust."""

    port: int
    trust: ssl.SSLContext


def configuration(heading: str) -> str:
    """Return the first code block of a section of the page."""
    found = re.search(r"```\w+\n(.*?)```", section(PAGE, heading), re.DOTALL)
    assert found is not None, heading
    return found[1]


def replaced(text: str, changes: Mapping[str, str]) -> str:
    """Replace each text, which must occur."""
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


@contextlib.asynccontextmanager
async def nginx(folder: Path, gateway: str) -> AsyncIterator[Proxy]:
    """Run nginx before the gateway at `gateway`, host and port."""
    trust, files = _certificate(folder)
    plain, port = free_port(), free_port()
    changes = {
        GATEWAY: gateway,
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        CERTIFICATE: str(files / "certificate.pem"),
        KEY: str(files / "key.pem"),
    }
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    folders = "".join(f"{kind}_temp_path {folder};\n" for kind in kinds)
    (folder / "nginx.conf").write_text(
        f"daemon off;\nmaster_process off;\npid {folder}/nginx.pid;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{folders}{replaced(configuration('nginx'), changes)}}}\n"
    )
    found = (await program("nginx", package="nginx")).path
    command = [found, "-p", folder, "-e", folder / "error.log", "-c", folder / "nginx.conf"]
    async with _running(command, folder, port):
        yield Proxy(port, trust)


@contextlib.asynccontextmanager
async def caddy(folder: Path, gateway: str) -> AsyncIterator[Proxy]:
    """Run Caddy before the gateway at `gateway`, host and port."""
    trust, files = _certificate(folder)
    port = free_port()
    changes = {
        GATEWAY: gateway,
        # Instead of a certificate of a public authority.
        f"{NAME} {{": f"https://{NAME}:{port} {{\n"
        f"\ttls {files / 'certificate.pem'} {files / 'key.pem'}\n\tbind 127.0.0.1",
    }
    (folder / "Caddyfile").write_text(
        f"{{\n\tadmin off\n\tauto_https disable_redirects\n\tstorage file_system {folder}\n}}\n"
        + replaced(configuration("Caddy"), changes)
    )
    found = (await program("caddy", package="caddy")).path
    command = [found, "run", "--adapter", "caddyfile", "--config", folder / "Caddyfile"]
    async with _running(command, folder, port):
        yield Proxy(port, trust)


PROXIES: Mapping[str, Callable[[Path, str], contextlib.AbstractAsyncContextManager[Proxy]]] = {
    "nginx": nginx,
    "Caddy": caddy,
}


@contextlib.asynccontextmanager
async def _running(command: list[str | Path], folder: Path, port: int) -> AsyncIterator[None]:
    environment = {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "PATH": "/usr/bin:/bin"}
    child = ChildProcess.start(command, env=environment, log=folder / "output.log")

    def listens() -> bool:
        assert child.returncode is None, child.log_tail()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        return False

    try:
        await eventually(listens, within=60, what="the proxy")
        yield
    finally:
        await child.stop(within=5)


def _certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    authority = trustme.CA()
    certificate = authority.issue_cert(NAME)
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    with (folder / "certificate.pem").open("wb") as written:
        written.writelines(blob.bytes() for blob in certificate.cert_chain_pems)
    return trust, folder
