"""CSRF protection of the dashboard."""

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


async def test_a_change_from_another_site_is_403(browser: Any, world: Any) -> None:
    """Wrong token, origin or site: nothing is changed or forwarded."""
    calls = (("POST", "/contacts"), ("POST", "/api-keys"), ("DELETE", "/sessions"))
    for headers in FOREIGN:
        for method, path in calls:
            answer = await browser.call(method, path, {}, **headers)
            assert (answer.status, answer.json) == (
                403,
                {
                    "error": "The request does not come from the dashboard's own pages",
                    "code": "foreign_request",
                },
            ), headers
    assert world["contacts"].seen == []
    assert (await browser.call("GET", "/session")).status == 200


async def test_the_token_of_another_session_is_403(browser: Any) -> None:
    """Each session has its own CSRF token."""
    other = browser.another()
    await other.sign_in()
    assert (await browser.call("DELETE", "/session", X_CSRF_Token=other.csrf)).status == 403


async def test_a_change_from_the_dashboard_is_accepted(browser: Any, world: Any) -> None:
    """With the headers that browsers send."""
    own = {"Origin": "http://linktime.test:8080", "Sec_Fetch_Site": "same-origin"}
    assert (await browser.call("POST", "/contacts", {}, **own)).status == 200
    assert world["contacts"].last.method == "POST"


async def test_another_site_cannot_sign_a_browser_in(visitor: Any) -> None:
    """This prevents login CSRF."""
    answer = await visitor.sign_in(Origin="https://evil.example")
    assert answer.status == 403
    assert "Set-Cookie" not in answer.headers
