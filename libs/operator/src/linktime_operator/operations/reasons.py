"""Reasons of failed attempts, in words; docs/webhooks.md has remedies."""

MEANINGS = {
    "timeout": "no connection in 5 seconds, or no answer in 15",
    "connect": "the connection was refused, or the address cannot be reached",
    "disconnected": "the connection ended before the head of an answer",
    "unreadable_answer": (
        "what came is not HTTP/1, its head is longer than 64 KiB (interim answers included), or"
        " more than 20 interim answers (1xx) come first"
    ),
    "dns_no_such_name": "the name does not exist",
    "dns_no_address": "the name exists but has no address",
    "dns_server_failed": "the name servers answered with an error",
    "dns_timeout": "the name servers did not answer in 3 seconds, asked three times",
    "tls_expired": "the certificate has expired",
    "tls_not_yet_valid": "the certificate is not valid yet",
    "tls_wrong_name": "the certificate is for another name than the URL has",
    "tls_self_signed": "the certificate is signed by itself",
    "tls_unknown_authority": (
        "no known authority has signed the certificate, or intermediate certificates are missing"
    ),
    "tls_client_certificate": (
        "the server requires a client certificate, which LinkTime does not have"
    ),
    "tls_version": "the server has no TLS version of 1.2 or later",
    "tls_not_spoken": "the port does not speak TLS",
    "tls": "the handshake failed in another way, or the server ended the connection in it",
    "blocked_address": "the URL leads to an address that may not be reached",
    "plain_http": "the URL begins with http://, and LinkTime is set to send to https only",
    "proxy": "LinkTime's own outgoing proxy failed or did not answer; uses up no attempt",
    "expired": "the delivery waited for 30 days",
}


def meaning(reason: str | None) -> str:
    """Return the meaning of a reason, with its code; a newer service may have others."""
    if reason is None:
        return "no reason is known"
    if reason.startswith("http_"):
        return f"the server answered with status {reason.removeprefix('http_')}"
    known = MEANINGS.get(reason)
    return f"{known} ({reason})" if known else reason
