"""Which URLs requests may go to."""

import pytest

from linktime_common.egress.urls import UrlRefused, canonical_url


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
        "https://user:@example.com/",
        "https://@example.com/",
        "https://example.com/#",
        "https://example.com:0/",
        "https://example.com:1023/",
        "https://example.com:65536/",
        "https://example.com:-443/",
        "https://example.com/" + "a" * 2029,
        "https://example.com/" + "é" * 400,
        "https://" + ".".join(["a" * 60] * 5) + "/",
        "https://" + "a" * 64 + ".example/",
        "https://example..com/",
        "https://.example.com/",
        "https://example.com./",
        "https://-example.com/",
        "https://exa mple.com/",
        " https://example.com/",
        "https://example.com/\n",
        "https://example.com/\tx",
        "https://example.com\\@10.0.0.1/",
        "https:\\\\example.com/",
        "https://example.com/\x00",
        "https://exa%6dple.com/",
        "https://example.com%2f@10.0.0.1/",
        "https://[::1%25eth0]/",
        "https://[example.com]/",
        "https://[1.2.3.4]/",
        "https://[v1.x]/",
        "https://[v1.x]:9000/",
        "https://[vF.a_b]/",
        "https://[v1.fe80::1]/",
        "https://[V7.EXAMPLE]/",
        "https://exam\ud800ple.com/",
        "https://example.com/\ud800",
        "https://example。com／@10.0.0.1/",
        "//example.com/",
        "https:example.com",
        "HTTP://example.com/",
        "javascript:alert(1)",
        "https://example.com:+19350/",
        "https://example.com:19_350/",
        "https://example.com:١٩٣٥٠/",
        "https://example.com:１９３５０/",
        "https://example.com: 19350/",
        "https://①②⑦.⓪.⓪.①/",
        "https://93。184。215。14/",
        "https://９３.184.215.14/",
        "https://[２６０６:4700::1]/",
    ],
)
def test_a_url_that_is_refused(url: str) -> None:
    """Only https, no credentials, no fragment, port 443 or an unprivileged one."""
    with pytest.raises(UrlRefused):
        canonical_url(url, allow_http=False)


@pytest.mark.parametrize(
    ("allow_http", "schemes"), [(False, "https://"), (True, "https:// or http://")]
)
def test_the_refusal_of_a_scheme_names_the_allowed_ones(allow_http: bool, schemes: str) -> None:
    """Those that this installation allows."""
    with pytest.raises(UrlRefused, match=f"must begin with {schemes}$"):
        canonical_url("ftp://example.com/", allow_http=allow_http)


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


@pytest.mark.parametrize(
    ("written", "called"),
    [
        ("https://example.com", "https://example.com/"),
        ("HTTPS://EXAMPLE.com:443/Hook", "https://example.com/Hook"),
        ("https://example.com:8443?a=b", "https://example.com:8443/?a=b"),
        ("https://bücher.example/bücher", "https://xn--bcher-kva.example/b%C3%BCcher"),
        ("https://example.com/a%2Fb/%7euser", "https://example.com/a%2Fb/%7euser"),
        ("https://example.com/a/../b//c", "https://example.com/a/../b//c"),
        ("https://example.com/?q=%20+&a[]=1&b=é", "https://example.com/?q=%20+&a[]=1&b=%C3%A9"),
        ('https://example.com/{id}?x="|"', "https://example.com/%7Bid%7D?x=%22%7C%22"),
        ("https://93.184.215.14/", "https://93.184.215.14/"),
        ("https://[2606:4700:0:0::1]:8443/", "https://[2606:4700::1]:8443/"),
        ("https://①.example/", "https://1.example/"),
    ],
)
def test_the_canonical_url(written: str, called: str) -> None:
    """Host and port are normalised; path and query are unchanged, where they can be sent."""
    url = canonical_url(written, allow_http=False)
    assert str(url) == called
    assert canonical_url(called, allow_http=False) == url


def test_the_longest_url() -> None:
    """At most 2048 characters."""
    longest = "https://example.com/" + "a" * 2028
    assert str(canonical_url(longest, allow_http=False)) == longest
    with pytest.raises(UrlRefused):
        canonical_url(longest + "a", allow_http=False)
