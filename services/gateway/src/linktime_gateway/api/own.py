"""Context and writes for the handlers of the gateway's own public routes."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar
from uuid import UUID

from aiohttp import web

from linktime_common.errors import Refusal
from linktime_common.http.writes import write
from linktime_common.idempotency import WriteAttempt, WriteReply, user_scope
from linktime_common.ids import parse_id
from linktime_gateway.api.session_cookies import SessionCookies, SignedInAs
from linktime_gateway.deps import Deps
from linktime_gateway.domain.errors import NotSignedIn

# Password checks may queue; everything else here has shorter timeouts.
OWN_SECONDS = 10.0
WRITE_SECONDS = OWN_SECONDS - 1

Result = TypeVar("Result")


@dataclass(frozen=True)
class OwnRequest:
    """`session` is None on routes without one; `address` is the client's."""

    deps: Deps
    cookies: SessionCookies
    session: SignedInAs | None
    parameters: Mapping[str, str]
    address: str
    request_id: str

    @property
    def signed_in(self) -> SignedInAs:
        """The session; raises NotSignedIn when there is none."""
        if self.session is None:
            raise NotSignedIn
        return self.session

    @property
    def user_id(self) -> UUID:
        """The user of the session; raises NotSignedIn."""
        return self.signed_in.grant.user_id

    def path_id(self, name: str, *, otherwise: type[Refusal]) -> UUID:
        """Return the id in the path; raises `otherwise` when it is malformed."""
        parsed = parse_id(self.parameters[name])
        if parsed is None:
            raise otherwise()
        return parsed


CALL: Final = web.RequestKey("call", OwnRequest)


async def write_own(
    request: web.Request,
    act: Callable[[WriteAttempt[Result]], Awaitable[Result]],
    render: Callable[[Result], WriteReply],
    *,
    pepper: str = "",
) -> web.Response:
    """Return `render(await act(attempt))` as the response; `pepper` as for `answer_once`."""
    call = request[CALL]
    return await write(
        request,
        call.deps.database,
        act,
        render,
        scope=user_scope(call.user_id),
        seconds=WRITE_SECONDS,
        pepper=pepper,
    )


def parameters(pattern: str, path: str) -> dict[str, str]:
    """Return the path parameters of `path`, which matches `pattern`."""
    return {
        name[1:-1]: value
        for name, value in zip(pattern.split("/"), path.split("/"), strict=True)
        if name.startswith("{")
    }
