"""Why an attempt failed, as the log names it; docs/webhooks.md says what each means."""

from enum import StrEnum


class FailureReason(StrEnum):
    """Beside these, `http_` with any status that is not 2xx."""

    TIMEOUT = "timeout"
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    DISCONNECTED = "disconnected"
    BLOCKED_ADDRESS = "blocked_address"
    PROXY = "proxy"
    EXPIRED = "expired"
