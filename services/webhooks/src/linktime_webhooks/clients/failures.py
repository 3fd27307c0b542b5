"""Why an attempt failed, in the words of the log."""

import ssl

import aiohttp

from linktime_common.logs import logger
from linktime_webhooks.clients.connector import CertificateWanted
from linktime_webhooks.clients.loose_heads import UnreadableAnswer
from linktime_webhooks.clients.resolver import NameUnresolved
from linktime_webhooks.domain.addresses import AddressRefused

# The first that fits: many of these are connection errors, and those are OSErrors.
REASONS: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    ((AddressRefused, aiohttp.InvalidUrlClientError), "blocked_address"),
    ((UnreadableAnswer,), "unreadable_answer"),
    ((TimeoutError,), "timeout"),
    ((aiohttp.ClientConnectorError,), "connect"),
    ((aiohttp.ClientError, OSError), "disconnected"),
)

# OpenSSL's X509_V_ERR_…: Python names none of them.
OF_CERTIFICATES = {
    2: "tls_unknown_authority",  # the issuer's certificate is missing
    9: "tls_not_yet_valid",
    10: "tls_expired",
    18: "tls_self_signed",
    19: "tls_unknown_authority",  # a root of its own in the chain
    20: "tls_unknown_authority",  # no issuer that is known here
    21: "tls_unknown_authority",  # only the leaf was sent
    62: "tls_wrong_name",
    64: "tls_wrong_name",  # of a certificate for addresses
}
# What OpenSSL calls it, by how the name ends.
OF_HANDSHAKES = {
    "ALERT_CERTIFICATE_REQUIRED": "tls_client_certificate",
    "ALERT_BAD_CERTIFICATE": "tls_client_certificate",  # we have none that could be bad
    "ALERT_PROTOCOL_VERSION": "tls_version",
    "UNSUPPORTED_PROTOCOL": "tls_version",
    "WRONG_SSL_VERSION": "tls_version",
    "WRONG_VERSION_NUMBER": "tls_not_spoken",
    "HTTP_REQUEST": "tls_not_spoken",
    "RECORD_LAYER_FAILURE": "tls_not_spoken",
    "PACKET_LENGTH_TOO_LONG": "tls_not_spoken",
}


def reason_of(error: BaseException) -> str:
    """The reason code of what ended an attempt without a status."""
    first, *_ = causes = _causes(error)
    if isinstance(first, NameUnresolved):
        return first.reason
    for cause in causes:  # aiohttp's own SSLErrors do not say why
        if isinstance(cause, ssl.SSLError):
            return _tls_reason(cause)
    if isinstance(first, ConnectionResetError) and isinstance(error, aiohttp.ClientConnectorError):
        return "tls"  # connected, and broken off before the request
    for kinds, reason in REASONS:
        if isinstance(error, kinds):
            return reason
    logger().warning("a delivery failed in an unforeseen way", reason=error)
    return "disconnected"


def _causes(error: BaseException | None) -> list[BaseException]:
    """What led to `error`, the first cause first."""
    causes: list[BaseException] = []
    while error is not None:
        causes.insert(0, error)
        error = error.__cause__
    return causes


def _tls_reason(error: ssl.SSLError) -> str:
    if isinstance(error, CertificateWanted):
        return "tls_client_certificate"
    if isinstance(error, ssl.SSLCertVerificationError):
        return OF_CERTIFICATES.get(error.verify_code, "tls")
    name = error.reason or ""
    return next((reason for end, reason in OF_HANDSHAKES.items() if name.endswith(end)), "tls")
