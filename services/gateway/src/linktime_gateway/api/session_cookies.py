"""Session cookies and CSRF protection of the dashboard.

https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
"""

from dataclasses import dataclass
from datetime import timedelta

from aiohttp import hdrs, web
from yarl import URL

from linktime_gateway.deps import Deps
from linktime_gateway.domain.errors import ForeignRequest
from linktime_gateway.domain.sessions import LONGEST, SessionGrant, is_csrf_token
from linktime_gateway.use_cases.check_session import check_session

CSRF_TOKEN = "X-CSRF-Token"  # noqa: S105 - a header's name
SEC_FETCH_SITE = "Sec-Fetch-Site"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class SignedInAs:
    """A request's session and the token of its cookie."""

    token: str
    grant: SessionGrant


class SessionCookies:
    """Reads and writes the session cookie for the public URL."""

    def __init__(self, public_url: str, deps: Deps) -> None:
        """Only the origin of `public_url` is used."""
        origin = URL(public_url).origin()
        self._origin = str(origin)
        self._is_secure = origin.scheme == "https"
        # Browsers accept a __Host- cookie only from the exact host, over https.
        self.cookie = "__Host-linktime_session" if self._is_secure else "linktime_session"
        self._deps = deps

    async def check(self, request: web.BaseRequest) -> SignedInAs:
        """Return the session of the request.

        Raises NotSignedIn, Unavailable, and ForeignRequest for a change without a CSRF token.
        """
        token = self.token_of(request)
        grant = await check_session(token, self._deps)
        if request.method not in SAFE_METHODS:
            self.refuse_foreign(request)
            if not is_csrf_token(request.headers.get(CSRF_TOKEN), token):
                raise ForeignRequest(user_id=grant.user_id)
        return SignedInAs(token, grant)

    def token_of(self, request: web.BaseRequest) -> str:
        """Return the cookie's value, or an empty string when it is absent or not ASCII."""
        token = ""
        for pair in request.headers.get(hdrs.COOKIE, "").split(";"):
            name, _, value = pair.partition("=")
            if name.strip(" \t") == self.cookie:
                token = value.strip(" \t")
        return token if token.isascii() else ""

    def refuse_foreign(self, request: web.BaseRequest) -> None:
        """Raise ForeignRequest when the browser reports another origin."""
        origin = request.headers.get(hdrs.ORIGIN, self._origin)
        site = request.headers.get(SEC_FETCH_SITE, "same-origin")
        if origin != self._origin or site != "same-origin":
            raise ForeignRequest

    def set_cookie(self, response: web.Response, token: str) -> None:
        """Set the session cookie."""
        self._write_cookie(response, token, LONGEST)

    def clear_cookie(self, response: web.Response) -> None:
        """Delete the session cookie."""
        self._write_cookie(response, "", timedelta(0))

    def _write_cookie(self, response: web.Response, value: str, age: timedelta) -> None:
        response.set_cookie(
            self.cookie,
            value,
            max_age=int(age.total_seconds()),
            path="/",
            secure=self._is_secure,
            httponly=True,
            samesite="Lax",
        )
