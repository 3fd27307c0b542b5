"""The certificate of the address that people use."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from linktime_common.contracts.wire import Instant, WireModel

LOOK_SECONDS = 5.0
SOON = timedelta(days=14)
HTTPS_PORT = 443


class Certificate(WireModel):
    """`ends_at` is None if it was not seen; `problem` completes "The certificate of <url>"."""

    url: str
    ends_at: Instant | None = None
    problem: str | None = None


async def look_at(url: str | None) -> Certificate | None:
    """Return the certificate at an https address; None if it has none or cannot be reached.

    From inside a network, the public address is sometimes unreachable: that is no problem.
    """
    parts = urlsplit(url or "")
    if url is None or parts.scheme != "https" or parts.hostname is None:
        return None
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            _, writer = await asyncio.open_connection(
                parts.hostname, parts.port or HTTPS_PORT, ssl=ssl.create_default_context()
            )
    except ssl.SSLCertVerificationError as error:
        return Certificate(url=url, problem=f"is not accepted: {error.verify_message}")
    except (OSError, TimeoutError):
        return None
    try:
        ends = ssl.cert_time_to_seconds(writer.get_extra_info("peercert")["notAfter"])
    finally:
        writer.close()
    return Certificate(url=url, ends_at=datetime.fromtimestamp(ends, UTC))


def certificate_problems(found: Certificate | None) -> list[str]:
    """Return why browsers refuse it, as sentences."""
    if found is None or found.problem is None:
        return []
    return [f"The certificate of {found.url} {found.problem}."]


def certificate_warnings(found: Certificate | None, now: datetime) -> list[str]:
    """Return that it ends soon."""
    if found is None or found.ends_at is None or found.ends_at - now > SOON:
        return []
    return [f"The certificate of {found.url} ends on {found.ends_at:%Y-%m-%d}: renew it."]
