"""Sites that may embed a host's pages."""

import re

import pytest

from linktime_availability.domain.embed_sites import NotASite, canonical_site

SOURCE = re.compile(r"https?://[a-z0-9.-]+(:\d+)?")


@pytest.mark.parametrize(
    ("text", "site"),
    [
        ("https://www.example.com", "https://www.example.com"),
        ("HTTPS://WWW.Example.COM/", "https://www.example.com"),
        ("https://example.com:443", "https://example.com"),
        ("https://example.com:8443/", "https://example.com:8443"),
        ("https://Bücher.example", "https://xn--bcher-kva.example"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("https://intranet", "https://intranet"),
        ("https://a-b.c1.example", "https://a-b.c1.example"),
        ("https://localhost", "https://localhost"),
        ("http://localhost", "http://localhost"),
        ("http://LOCALHOST:80", "http://localhost"),
        ("http://localhost:3000", "http://localhost:3000"),
    ],
)
def test_one_spelling_of_each_site(text: str, site: str) -> None:
    """Lower case, Punycode, no usual port, no slash; it stays the same when read again."""
    assert canonical_site(text) == site
    assert canonical_site(site) == site
    assert SOURCE.fullmatch(site)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "example.com",
        "//example.com",
        "https://",
        "https://*",
        "https://*.example.com",
        "http://example.com",
        "http://localhost.example.com",
        "ftp://example.com",
        "javascript:alert(1)",
        "data:text/html,x",
        "null",
        "https://example.com/page",
        "https://example.com?x",
        "https://example.com?",
        "https://example.com#x",
        "https://a@example.com",
        "https://@example.com",
        "https://example.com:0",
        "https://example.com:99999",
        "https://example.com:x",
        "https://example.com.",
        "https://a..example.com",
        "https://-a.example.com",
        "https://a_b.example.com",
        "https://192.0.2.1",
        "https://0x7f.1",
        "https://[::1]",
        "https://example.com;script-src",
        "https://example.com;script-src *",
        "https://example.com,https://other.example",
        "https://exa mple.com",
        "https://example.com\\@other.example",
        "https://example.com\n",
        "https://\u200bexample.com",
        "https://" + "a" * 64 + ".example",
        "https://" + "a." * 130 + "example",
        "https://\ud800.example",
    ],
)
def test_other_texts_are_refused(text: str) -> None:
    """Among them everything that would change a Content-Security-Policy."""
    with pytest.raises(NotASite):
        canonical_site(text)
