"""A change is made by the dashboard's own pages only."""

from typing import Any

FOREIGN = [
    {"X_CSRF_Token": ""},
    {"X_CSRF_Token": "wrong"},
    {"X_CSRF_Token": "é"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "https://linktime.test:8080"},
    {"Sec_Fetch_Site": "cross-site"},
    {"Sec_Fetch_Site": "same-site"},
]


async def test_a_change_from_another_page_is_403(browser: Any, world: Any) -> None:
    """Wrong token, origin or site: neither the gateway nor a service does anything."""
    calls = (("POST", "/contacts"), ("POST", "/api-keys"), ("DELETE", "/sessions"))
    for headers in FOREIGN:
        for method, path in calls:
            answer = await browser.call(method, path, {}, **headers)
            assert (answer.status, answer.json) == (
                403,
                {"error": "The request does not come from the dashboard's own pages"},
            ), headers
    assert world["contacts"].seen == []
    assert (await browser.call("GET", "/session")).status == 200


async def test_the_token_of_another_session_is_403(browser: Any) -> None:
    """Each session has its own CSRF token."""
    other = browser.another()
    await other.sign_in()
    assert (await browser.call("DELETE", "/session", X_CSRF_Token=other.csrf)).status == 403


async def test_a_change_from_our_own_page_is_done(browser: Any, world: Any) -> None:
    """The browser's own headers, as our pages make it send them."""
    own = {"Origin": "http://linktime.test:8080", "Sec_Fetch_Site": "same-origin"}
    assert (await browser.call("POST", "/contacts", {}, **own)).status == 200
    assert world["contacts"].last.method == "POST"


async def test_another_site_cannot_sign_a_browser_in(visitor: Any) -> None:
    """Nor make it somebody else's unnoticed."""
    answer = await visitor.sign_in(Origin="https://evil.example")
    assert answer.status == 403
    assert "Set-Cookie" not in answer.headers
