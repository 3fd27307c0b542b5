"""From sign-up to a verified address and a new password, with all services and the mail sink."""

import re

import aiohttp
import pytest

from linktime_local.testing.waiting import eventually
from linktime_operator.operations import mail, users
from linktime_operator.operations.mail import OpenedMail
from linktime_operator.operations.users import SignUpRequest
from linktime_operator.stack.stack import Stack
from tests.browsers import Browser, sign_up
from tests.searches import tables_with

NEW_PASSWORD = "staple of another kind"


async def mail_to(stack: Stack, email: str, kind: str) -> OpenedMail:
    """Return the newest mail of this kind, once it has arrived."""

    async def arrived() -> OpenedMail | None:
        for found in await mail.newest_first(stack.file):
            if (found.to, found.kind) == (email, kind):
                return await mail.opened(stack.file, found.id)
        return None

    found = await eventually(arrived, within=30, every=0.2)
    assert found is not None
    return found


def link_in(found: OpenedMail) -> str:
    (link,) = re.findall(r"https?://\S+/account/\S+", found.text or "")
    return str(link)


def logs_with(stack: Stack, secret: str) -> set[str]:
    """Return the names of the logs that contain the text."""
    logs = stack.state.rglob("*.log*")
    return {log.name for log in logs if secret.encode() in log.read_bytes()}


async def open_and_submit(http: aiohttp.ClientSession, link: str, **fields: str) -> int:
    """Open the page of the link and submit its form; return the status of the latter."""
    async with http.get(link) as page:
        assert page.status == 200
        assert "<form" in await page.text()
    async with http.post(link, data=fields) as done:
        return done.status


async def test_address_is_verified_with_the_mail_of_sign_up(
    stack: Stack, http: aiohttp.ClientSession
) -> None:
    _host, browser = await sign_up(stack, http)
    link = link_in(await mail_to(stack, browser.email, "verify_address"))
    session = await browser.call("GET", "/dashboard/api/session")
    assert session.body["user"]["emailVerified"] is False
    assert await open_and_submit(http, link) == 200
    session = await browser.call("GET", "/dashboard/api/session")
    assert session.body["user"]["emailVerified"] is True
    async with http.post(link) as again:
        assert again.status == 410
    secret = link.rpartition("/")[2]
    assert await tables_with(stack, secret) == set()
    assert logs_with(stack, secret) == set()


async def test_password_is_reset_by_mail(stack: Stack, http: aiohttp.ClientSession) -> None:
    """The new one works, the old one does not."""
    _host, browser = await sign_up(stack, http)
    body = {"email": browser.email}
    answer = await browser.call("POST", "/dashboard/api/password/reset", body)
    assert (answer.status, answer.body) == (202, {})
    link = link_in(await mail_to(stack, browser.email, "reset_password"))
    assert await open_and_submit(http, link, password=NEW_PASSWORD) == 200
    with pytest.raises(AssertionError, match="401"):
        await browser.sign_in()
    await browser.sign_in(NEW_PASSWORD)


async def test_account_of_the_operator_gets_its_first_password_by_mail(
    stack: Stack, http: aiohttp.ClientSession
) -> None:
    email = "first-password@example.com"
    await users.create(stack.clients, SignUpRequest(email=email, name="Ann Host"))
    link = link_in(await mail_to(stack, email, "set_password"))
    assert await open_and_submit(http, link, password=NEW_PASSWORD) == 200
    await Browser(stack, http, email).sign_in(NEW_PASSWORD)
