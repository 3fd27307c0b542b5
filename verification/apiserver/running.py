"""An etcd and a kube-apiserver without a cluster, and kubectl as their client."""

import asyncio
import contextlib
import json
import os
import secrets
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import trustme

from linktime_common.private_files import write_private
from linktime_local.servers.errors import ServerUnavailable
from linktime_local.servers.ports import LOOPBACK, free_port
from linktime_local.servers.processes import Argument, ChildProcess, completed
from verification.apiserver.adapting import Document

START_SECONDS, STOP_SECONDS, KUBECTL_SECONDS = 120, 10, 300
POLL_SECONDS = 0.2
LIMITS = {"GOMAXPROCS": "2", "GOMEMLIMIT": "1GiB"}


@dataclass(frozen=True)
class Kubectl:
    """A kubectl that knows the server; `config` is its file."""

    config: Path

    async def apply(self, documents: Sequence[Document], *, dry_run: bool) -> tuple[int, str]:
        """Apply objects, or ask the server whether it would.

        Returns how many it accepts, and what it or kubectl says about the others.
        """
        objects = self.config.with_name("objects.json")
        write_private(objects, json.dumps({"apiVersion": "v1", "kind": "List", "items": documents}))
        mode = "server" if dry_run else "none"
        output, errors = await self.run(
            "apply", "--server-side", f"--dry-run={mode}", "-f", objects
        )
        return len(output.splitlines()), errors.strip()

    async def described(self, kinds: set[str]) -> None:
        """Wait until the server's OpenAPI document has these kinds; raises ServerUnavailable."""
        deadline = time.monotonic() + START_SECONDS
        while missing := kinds - await self._described():
            if time.monotonic() > deadline:
                raise ServerUnavailable(f"Never described: {', '.join(sorted(missing))}")
            await asyncio.sleep(POLL_SECONDS)

    async def _described(self) -> set[str]:
        output, _ = await self.run("get", "--raw", "/openapi/v2")
        named = "x-kubernetes-group-version-kind"
        definitions = json.loads(output or "{}").get("definitions", {}).values()
        return {each["kind"] for one in definitions for each in one.get(named, ())}

    async def run(self, *arguments: Argument) -> tuple[str, str]:
        """Run a command, and return both streams; raises ServerUnavailable if it is late."""
        own = ("--kubeconfig", self.config, "--cache-dir", self.config.with_name("kubectl"))
        command = ["kubectl", *own, *arguments]
        done = await completed(command, env=os.environ, within=KUBECTL_SECONDS)
        return done.stdout, done.stderr


@contextlib.asynccontextmanager
async def running(etcd: Path, apiserver: Path) -> AsyncIterator[Kubectl]:
    """Run both in a temporary folder, and stop them at the end; raises ServerUnavailable."""
    with tempfile.TemporaryDirectory(prefix="linktime-apiserver-") as name:
        folder, port = Path(name), free_port()
        url, peers = (f"http://{LOOPBACK}:{free_port()}" for _ in range(2))
        children = [_start(folder, _etcd(etcd, folder, url, peers))]
        try:
            kubectl = _client(folder, port)
            children.append(_start(folder, [apiserver, *_options(folder, port, url)]))
            await _ready(kubectl, children)
            yield kubectl
        finally:
            for child in reversed(children):
                await child.stop(within=STOP_SECONDS)


def _etcd(program: Path, folder: Path, url: str, peers: str) -> list[Argument]:
    return [
        *(program, "--data-dir", folder / "data", "--initial-cluster", f"default={peers}"),
        *("--listen-client-urls", url, "--advertise-client-urls", url),
        *("--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers),
    ]


def _options(folder: Path, port: int, etcd: str) -> list[Argument]:
    """Return options of kube-apiserver; those of service accounts are required, not used."""
    key = folder / "key.pem"
    return [
        *("--etcd-servers", etcd, "--secure-port", str(port)),
        *("--bind-address", LOOPBACK, "--advertise-address", LOOPBACK),
        *("--tls-cert-file", folder / "certificate.pem", "--tls-private-key-file", key),
        *("--token-auth-file", folder / "tokens", "--authorization-mode", "RBAC"),
        *("--service-account-key-file", key, "--service-account-signing-key-file", key),
        *("--service-account-issuer", "https://verification.invalid"),
        *("--service-cluster-ip-range", "10.0.0.0/24", "--allow-privileged=true"),
    ]


def _client(folder: Path, port: int) -> Kubectl:
    """Write certificate, token and kubectl's file, which is JSON since that is YAML."""
    authority = trustme.CA()
    certificate = authority.issue_cert(LOOPBACK)
    write_private(folder / "key.pem", certificate.private_key_pem.bytes().decode())
    certificate.cert_chain_pems[0].write_to_path(folder / "certificate.pem")
    authority.cert_pem.write_to_path(folder / "authority.pem")
    token = secrets.token_hex()
    write_private(folder / "tokens", f"{token},admin,admin,system:masters\n")
    server = f"https://{LOOPBACK}:{port}"
    cluster = {"server": server, "certificate-authority": str(folder / "authority.pem")}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "it", "cluster": cluster}],
        "users": [{"name": "it", "user": {"token": token}}],
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        "current-context": "it",
    }
    write_private(folder / "config", json.dumps(config))
    return Kubectl(folder / "config")


def _start(folder: Path, command: Sequence[Argument]) -> ChildProcess:
    log = folder / f"{Path(command[0]).name}.log"
    environment = {"PATH": os.environ.get("PATH", os.defpath), **LIMITS}
    return ChildProcess.start(["nice", *command], env=environment, log=log, cwd=folder)


async def _ready(kubectl: Kubectl, children: Sequence[ChildProcess]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while (await kubectl.run("get", "--raw", "/readyz", "--request-timeout=5s"))[0] != "ok":
        if time.monotonic() > deadline or any(one.returncode is not None for one in children):
            tails = "\n".join(one.log_tail() for one in children)
            raise ServerUnavailable(f"kube-apiserver did not start; the last lines:\n{tails}")
        await asyncio.sleep(POLL_SECONDS)
