"""Which headers an owner may add."""

import pytest

from linktime_webhooks.clients.subscriber import FIXED_HEADERS
from linktime_webhooks.domain import signing
from linktime_webhooks.domain.custom_headers import MASK, problems_of


@pytest.mark.parametrize(
    "name",
    [
        "Host",
        "content-type",
        "Content-Length",
        "CONTENT-ENCODING",
        "Connection",
        "Transfer-Encoding",
        "Keep-Alive",
        "Trailer",
        "HTTP2-Settings",
        "TE",
        "Upgrade",
        "Expect",
        "User-Agent",
        "Proxy-Authorization",
        "proxy-connection",
        "Webhook-Id",
        "webhook-signature",
        "traceparent",
        "Tracestate",
        "webhook-anything",
        "Accept",
        "accept",
        "Accept-Encoding",
        "",
        " ",
        "X Key",
        "X-Key:",
        "X-Key\r\nX-Other",
        "X-\x00",
        "X-Schlüssel",
        "(X)",
        "X" * 101,
    ],
)
def test_a_name_that_is_refused(name: str) -> None:
    """LinkTime's headers, the connection's, or no token; the problem names the field."""
    assert list(problems_of({name: "value"})) == [f"headers.{name[:100]}"]


@pytest.mark.parametrize(
    "value",
    [
        "a\r\nX-Other: b",
        "a\nb",
        "a\rb",
        "a\x00",
        "\x1b[31m",
        "\x7f",
        "x" * 4097,
        "é",
        "a\u0085b",
        "a\u009bb",
        "a\u202eb",
        "a\u2028b",
        "\ud800",
    ],
)
def test_a_value_that_is_refused(value: str) -> None:
    """Not allowed or ambiguous by RFC 9110, or longer than 4096 bytes."""
    assert list(problems_of({"X-Key": value})) == ["headers.X-Key"]


@pytest.mark.parametrize("value", ["", "Bearer a.b-c==", "a\tb c~", "x" * 4096, MASK])
def test_a_value_that_is_accepted(value: str) -> None:
    """Every value that RFC 9110 allows."""
    assert problems_of({"Authorization": value}) == {}


def test_twenty_are_the_most() -> None:
    """With one more, all are refused."""
    headers = {f"X-{number}": "v" for number in range(20)}
    assert problems_of(headers) == {}
    assert problems_of(headers | {"X-20": "v"}) == {"headers": "At most 20 headers"}


def test_a_name_counts_once_whatever_its_case() -> None:
    """Two spellings of one name would be two headers on the wire."""
    assert list(problems_of({"X-Key": "a", "x-key": "b", "X-Other": "c"})) == [
        "headers.X-Key",
        "headers.x-key",
    ]


def test_no_header_that_every_delivery_has_can_be_set() -> None:
    """It would be dropped, or sent twice in different spellings."""
    signed = signing.headers([b"s" * 32], identifier="msg_1", timestamp=1, body=b"{}")
    for name in (*FIXED_HEADERS, *signed, "Host", "Content-Length", "Connection"):
        for spelled in (name, name.lower(), name.upper()):
            assert problems_of({spelled: "x"}) == {
                f"headers.{spelled}": "This header cannot be set"
            }
