"""The reasons of failed requests; docs/webhooks.md describes each."""

from enum import StrEnum


class FailureReason(StrEnum):
    """Why a request got no answer that can be used."""

    TIMEOUT = "timeout"
    CONNECT = "connect"
    DISCONNECTED = "disconnected"
    UNREADABLE_ANSWER = "unreadable_answer"
    DNS_NO_SUCH_NAME = "dns_no_such_name"
    DNS_NO_ADDRESS = "dns_no_address"
    DNS_SERVER_FAILED = "dns_server_failed"
    DNS_TIMEOUT = "dns_timeout"
    TLS_EXPIRED = "tls_expired"
    TLS_NOT_YET_VALID = "tls_not_yet_valid"
    TLS_WRONG_NAME = "tls_wrong_name"
    TLS_SELF_SIGNED = "tls_self_signed"
    TLS_UNKNOWN_AUTHORITY = "tls_unknown_authority"
    TLS_CLIENT_CERTIFICATE = "tls_client_certificate"
    TLS_VERSION = "tls_version"
    TLS_NOT_SPOKEN = "tls_not_spoken"
    TLS = "tls"
    BLOCKED_ADDRESS = "blocked_address"
    PLAIN_HTTP = "plain_http"
    PROXY = "proxy"
