"""The reason code of a failed request."""

import ssl

import aiohttp

from linktime_common.egress.addresses import AddressRefused
from linktime_common.egress.connector import CertificateWanted
from linktime_common.egress.reasons import FailureReason
from linktime_common.egress.resolver import NameUnresolved
from linktime_common.egress.urls import PlainHttpRefused
from linktime_common.http.loose_heads import UnreadableAnswer
from linktime_common.logs import logger

# The first match counts: many of these are connection errors, and those are OSErrors.
REASONS: tuple[tuple[tuple[type[Exception], ...], FailureReason], ...] = (
    ((AddressRefused, aiohttp.InvalidUrlClientError), FailureReason.BLOCKED_ADDRESS),
    ((PlainHttpRefused,), FailureReason.PLAIN_HTTP),
    ((UnreadableAnswer, aiohttp.ClientResponseError), FailureReason.UNREADABLE_ANSWER),
    ((TimeoutError,), FailureReason.TIMEOUT),
    ((aiohttp.ClientConnectorError,), FailureReason.CONNECT),
    ((aiohttp.ClientError, OSError), FailureReason.DISCONNECTED),
)

# OpenSSL's X509_V_ERR_… codes, which Python does not name.
OF_CERTIFICATES = {
    2: FailureReason.TLS_UNKNOWN_AUTHORITY,  # the issuer's certificate is missing
    9: FailureReason.TLS_NOT_YET_VALID,
    10: FailureReason.TLS_EXPIRED,
    18: FailureReason.TLS_SELF_SIGNED,
    19: FailureReason.TLS_UNKNOWN_AUTHORITY,  # a self-signed certificate in the chain
    20: FailureReason.TLS_UNKNOWN_AUTHORITY,  # no issuer that is known here
    21: FailureReason.TLS_UNKNOWN_AUTHORITY,  # only the leaf was sent
    62: FailureReason.TLS_WRONG_NAME,
    64: FailureReason.TLS_WRONG_NAME,  # of a certificate for IP addresses
}
# OpenSSL's names of the alerts, by their endings.
OF_HANDSHAKES = {
    "ALERT_CERTIFICATE_REQUIRED": FailureReason.TLS_CLIENT_CERTIFICATE,
    "ALERT_BAD_CERTIFICATE": FailureReason.TLS_CLIENT_CERTIFICATE,  # we send none
    "ALERT_PROTOCOL_VERSION": FailureReason.TLS_VERSION,
    "UNSUPPORTED_PROTOCOL": FailureReason.TLS_VERSION,
    "WRONG_SSL_VERSION": FailureReason.TLS_VERSION,
    "WRONG_VERSION_NUMBER": FailureReason.TLS_NOT_SPOKEN,
    "HTTP_REQUEST": FailureReason.TLS_NOT_SPOKEN,
    "RECORD_LAYER_FAILURE": FailureReason.TLS_NOT_SPOKEN,
    "PACKET_LENGTH_TOO_LONG": FailureReason.TLS_NOT_SPOKEN,
}


def reason_of(error: BaseException) -> FailureReason:
    """Return the reason code of an error that ended a request without a status."""
    first, *_ = causes = _causes(error)
    if isinstance(first, NameUnresolved):
        return first.reason
    for cause in causes:  # aiohttp's own SSLErrors do not give the cause
        if isinstance(cause, ssl.SSLError):
            return _tls_reason(cause)
    if isinstance(first, ConnectionResetError) and isinstance(error, aiohttp.ClientConnectorError):
        return FailureReason.TLS  # connected, and closed before the request
    for kinds, reason in REASONS:
        if isinstance(error, kinds):
            return reason
    logger().warning("request failed with an unexpected error", reason=error)
    return FailureReason.DISCONNECTED


def _causes(error: BaseException | None) -> list[BaseException]:
    """Return the causes of `error`, the first cause first."""
    causes: list[BaseException] = []
    while error is not None:
        causes.insert(0, error)
        error = error.__cause__
    return causes


def _tls_reason(error: ssl.SSLError) -> FailureReason:
    if isinstance(error, CertificateWanted):
        return FailureReason.TLS_CLIENT_CERTIFICATE
    if isinstance(error, ssl.SSLCertVerificationError):
        return OF_CERTIFICATES.get(error.verify_code, FailureReason.TLS)
    name = error.reason or ""
    found = (reason for end, reason in OF_HANDSHAKES.items() if name.endswith(end))
    return next(found, FailureReason.TLS)
