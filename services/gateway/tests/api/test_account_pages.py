"""The pages for links: usable without scripts, in the language of the browser."""

import base64
import hashlib
import io
import json
import re
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

import pytest

from linktime_common.languages import LANGUAGES
from linktime_gateway.domain.passwords import LONGEST, SHORTEST, PasswordProblem

NEW = "staple of another kind"
TEXTS = files("linktime_gateway.api.account_pages") / "texts"


class Elements(HTMLParser):
    """The start tags of a page, with their attributes."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def one(self, tag: str) -> dict[str, str | None]:
        (attributes,) = [attributes for name, attributes in self.found if name == tag]
        return attributes


def texts(language: str = "en") -> dict[str, str]:
    found: dict[str, str] = json.loads((TEXTS / f"{language}.json").read_text("utf-8"))
    return found


async def test_get_never_uses_a_link(call: Any, browser: Any, account_mails: Any) -> None:
    """Mail scanners fetch links; the POST of the form verifies the address."""
    path = await account_mails.address("verify_address", browser)
    for method in ("GET", "HEAD", "GET"):
        page = await call(method, path)
        assert page.status == 200
    assert Elements(page.body).one("form") == {"method": "post"}
    assert (await browser.call("GET", "/session")).json["user"]["emailVerified"] is False
    done = await call("POST", path)
    assert (done.status, texts()["verify.done_title"] in done.body.decode()) == (200, True)
    assert (await browser.call("GET", "/session")).json["user"]["emailVerified"] is True
    for method in ("GET", "POST"):
        page = await call(method, path)
        assert (page.status, texts()["ended.title"] in page.body.decode()) == (410, True)


async def test_password_form(call: Any, visitor: Any, account_mails: Any) -> None:
    """An unusable password is shown at its field, and not repeated; then it works."""
    path = await account_mails.address("reset_password", visitor)
    asked = Elements((await call("GET", path)).body)
    assert asked.one("label") == {"for": "password"}
    field = asked.one("input")
    assert (field["id"], field["autocomplete"], field["aria-describedby"]) == (
        "password",
        "new-password",
        "hint",
    )
    problems = {
        "short": PasswordProblem.SHORT,
        " " * 12: PasswordProblem.BLANK,
        "password1234": PasswordProblem.COMMON,
        visitor.email: PasswordProblem.OWN,
        '"><script>' * 200: PasswordProblem.LONG,
    }
    assert set(problems.values()) == set(PasswordProblem)
    for password, problem in problems.items():
        refused = await call("POST", path, data={"password": password})
        assert refused.status == 400
        assert texts()[f"password.{problem}"] in refused.body.decode()
        assert password.strip() == "" or password not in refused.body.decode()
        field = Elements(refused.body).one("input")
        assert (field["aria-invalid"], field["aria-describedby"]) == ("true", "hint problem")
    saved = await call("POST", path, data={"password": NEW})
    assert (saved.status, texts()["password.done_title"] in saved.body.decode()) == (200, True)
    assert (await visitor.sign_in(NEW)).status == 200


@pytest.mark.parametrize("language", LANGUAGES)
async def test_pages_are_in_the_language_of_the_browser(call: Any, language: str) -> None:
    headers = {"Accept-Language": f"{language}-XX, en;q=0.5"}
    page = await call("GET", "/account/verify/unknown", headers=headers)
    root = Elements(page.body).one("html")
    assert root == {"lang": language, "dir": "rtl" if language == "ar" else "ltr"}
    assert page.headers["Content-Language"] == language
    assert texts(language)["ended.title"] in page.body.decode()


def test_every_language_has_every_text() -> None:
    """And none has the text of another by mistake."""
    keys = set(texts())
    for language in LANGUAGES:
        assert set(texts(language)) == keys
        assert all(texts(language).values())
    assert len({texts(language)["ended.text"] for language in LANGUAGES}) == len(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_of_passwords(language: str) -> None:
    """Each problem has one, and the lengths are those of the rule."""
    found = texts(language)
    assert {f"password.{problem}" for problem in PasswordProblem} <= set(found)
    for key, length in (("hint", SHORTEST), ("short", SHORTEST), ("long", LONGEST)):
        assert re.sub(r"\D", "", found[f"password.{key}"]) == str(length)


async def test_pages_load_nothing_and_leak_nothing(
    call: Any, visitor: Any, account_mails: Any
) -> None:
    """The only style is the one whose hash the policy names; the address is not sent on."""
    page = await call("GET", await account_mails.address("reset_password", visitor))
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "form-action 'self'; base-uri 'none'; frame-ancestors 'none'" in policy
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Access-Control-Allow-Origin" not in page.headers
    style = re.search(rb"<style>(.*?)</style>", page.body, re.DOTALL)
    assert style is not None
    assert base64.b64encode(hashlib.sha256(style[1]).digest()).decode() in policy
    used = {tag for tag, _ in Elements(page.body).found}
    assert not used & {"script", "link", "img", "iframe", "a"}
    assert not re.search(rb' style="| on\w+="|https?:', page.body)
    assert visitor.email.encode() not in page.body


@pytest.mark.parametrize(
    "sent",
    [
        {
            "data": b"password=%ff%fe%fd",
            "headers": {"Content-Type": "application/x-www-form-urlencoded"},
        },
        {"data": b"\xff", "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
        {"data": "&".join(f"a{number}=1" for number in range(100))},
        {"json": {"password": NEW}},
        {"data": b""},
        {"data": {"password[]": NEW}},
    ],
)
async def test_hostile_forms(call: Any, visitor: Any, account_mails: Any, sent: Any) -> None:
    """The form again; the link can still be used."""
    path = await account_mails.address("reset_password", visitor)
    assert (await call("POST", path, **sent)).status == 400
    assert (await call("GET", path)).status == 200


@pytest.mark.parametrize("secret", ["x", "%3Cscript%3E", "%C3%A4", "a%20b", "x" * 4000])
async def test_hostile_paths(call: Any, secret: str) -> None:
    for path in ("verify", "password"):
        for method in ("GET", "POST"):
            page = await call(method, f"/account/{path}/{secret}", data={"password": NEW})
            assert page.status == 410
            assert b"<script" not in page.body


async def test_errors_are_pages_as_well(call: Any) -> None:
    """Too large a body, another encoding, another method."""
    path = "/account/password/x"
    large = await call("POST", path, data=io.BytesIO(b"x" * 2_000_000))
    encoded = await call("POST", path, data=b"x", headers={"Content-Encoding": "gzip"})
    assert [large.status, encoded.status] == [413, 415]
    for page in (large, encoded):
        assert texts()["error.title"] in page.body.decode()
        assert page.headers["Cache-Control"] == "no-store"
    other = await call("DELETE", path)
    assert (other.status, set(other.headers["Allow"].split(","))) == (405, {"GET", "HEAD", "POST"})
    assert texts()["error.title"] in other.body.decode()


@pytest.mark.parametrize("path", ["", "verify", "verify/", "verify/{secret}/", "other/{secret}"])
async def test_altered_links_are_pages(
    call: Any, browser: Any, account_mails: Any, path: str
) -> None:
    """Mail programs cut links and add slashes."""
    secret = await account_mails.secret("verify_address", browser)
    for method in ("GET", "POST"):
        page = await call(method, f"/account/{path.format(secret=secret)}?utm=1")
        assert (page.status, texts()["ended.title"] in page.body.decode()) == (404, True)
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert (await call("GET", "/accounts/other/page")).json["error"] == "Not found"
