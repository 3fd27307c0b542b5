"""Which URLs deliveries may go to."""

import pytest

from linktime_webhooks.domain.endpoint import UrlRefused, canonical_url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com/hook",
        "http://example.com/hook",
        "ftp://example.com/",
        "https://",
        "https:///hook",
        "https://user@example.com/",
        "https://user:secret@example.com/",
        "https://example.com/#part",
        "https://example.com:80/",
        "https://example.com:22/",
        "https://example.com:99999/",
        "https://example.com:port/",
        "https://" + "a" * 3000 + ".com/",
        "https://[::1",
        "file:///etc/passwd",
    ],
)
def test_a_url_that_is_refused(url: str) -> None:
    """Only https, no credentials, no fragment, port 443 or an unprivileged one."""
    with pytest.raises(UrlRefused):
        canonical_url(url, allow_http=False)


@pytest.mark.parametrize(
    ("url", "allow_http"),
    [
        ("https://example.com/hook?a=b", False),
        ("https://example.com:8443/", False),
        ("http://127.0.0.1:9000/hook", True),
        ("https://bücher.example/", False),
    ],
)
def test_a_url_that_is_accepted(url: str, allow_http: bool) -> None:
    """http only where the operator allows it."""
    assert canonical_url(url, allow_http=allow_http).host
