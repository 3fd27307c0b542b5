"""A signed-in user of the dashboard, with the calls of its pages."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import aiohttp
from pydantic import SecretStr

from linktime_operator.operations import credentials, scheduling, users
from linktime_operator.operations.users import SignUpRequest
from linktime_operator.stack.stack import Stack
from tests.hosts import OPEN_ALL_DAY, Answer, Host

PASSWORD = "correct horse battery staple"
COOKIE = "linktime_session"


@dataclass
class Browser:
    """One signed-in user, with the session cookie and the CSRF token."""

    stack: Stack
    http: aiohttp.ClientSession
    email: str
    cookie: str = ""
    csrf: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers that authenticate a request."""
        return {"Cookie": f"{COOKIE}={self.cookie}", "X-CSRF-Token": self.csrf}

    async def call(
        self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None
    ) -> Answer:
        """Send a request to a path such as `/dashboard/api/me`."""
        async with self.http.request(
            method,
            self.stack.file.gateway + path,
            json=body,
            headers={**self.headers, **(headers or {})},
            timeout=aiohttp.ClientTimeout(total=30),
        ) as response:
            answer = await response.json(content_type=None)
            return Answer(response.status, answer, dict(response.headers))

    async def sign_in(self, password: str = PASSWORD) -> None:
        body = {"email": self.email, "password": password}
        answer = await self.call("POST", "/dashboard/api/session", body)
        assert answer.status == 200, answer
        self.cookie = answer.headers["Set-Cookie"].partition(";")[0].partition("=")[2]
        self.csrf = answer.body["csrfToken"]


async def sign_up(stack: Stack, http: aiohttp.ClientSession) -> tuple[Host, Browser]:
    """Create a host, free all day, with a key and a session."""
    email = f"host-{uuid4().hex[:12]}@example.com"
    account = await users.create(
        stack.clients, SignUpRequest(email=email, name="Ann Host", password=SecretStr(PASSWORD))
    )
    key = await credentials.make_api_key(stack.clients, email)
    host = Host(stack, http, account.id, email, account.username, key.key, "")
    await scheduling.set_schedule(stack.clients, email, OPEN_ALL_DAY)
    host.event_type = await host.add_event_type()
    browser = Browser(stack, http, email)
    await browser.sign_in()
    return host, browser
