"""Receivers for the webhook measurements, their certificates and memory."""

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_address
from pathlib import Path

import aiohttp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from services.webhooks.tests.processes import WebhookStack, program

from linktime_local.servers.ports import free_port
from linktime_local.testing.waiting import eventually


@contextlib.asynccontextmanager
async def receiving(stack: WebhookStack, *certificate: Path) -> AsyncIterator[str]:
    """Run a receiver and yield its URL; over TLS with a certificate and its key."""
    port = free_port()
    async with program("bench.sink", str(port), *map(str, certificate)):
        url = f"{'https' if certificate else 'http'}://127.0.0.1:{port}"
        await eventually(partial(_answers, stack, url), within=20)
        yield url


async def lateness(stack: WebhookStack, sink: str) -> list[float]:
    """Return the seconds from event to arrival of each delivery since the last call."""
    async with stack.http.get(f"{sink}/stats", ssl=False) as response:
        found: list[float] = await response.json(content_type=None)
        return found


async def _answers(stack: WebhookStack, sink: str) -> bool:
    try:
        await lateness(stack, sink)
    except aiohttp.ClientError:
        return False
    return True


def memory_mb(pid: int) -> float:
    """Return the peak memory of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    peak = next(line for line in lines if line.startswith("VmHWM"))
    return int(peak.split()[1]) / 1024


def certificate(folder: Path) -> tuple[Path, Path]:
    """Create a self-signed certificate for 127.0.0.1 and its key (RSA, 2048 bits)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bench")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files
