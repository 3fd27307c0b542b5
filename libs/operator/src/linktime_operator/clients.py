"""Calls to the services' internal ports on behalf of the operator."""

import asyncio
from collections.abc import Callable, Mapping
from typing import TypeVar

import aiohttp
import orjson
from pydantic import BaseModel

from linktime_common.errors import Unavailable
from linktime_common.http.client import Answered, InternalClient
from linktime_common.identity import CallerKind, Key, Signer
from linktime_operator.errors import CallFailed, OperatorError

CALL_SECONDS = 10.0
LONG_CALL_SECONDS = 60.0
"""For calls that process many rows."""
NOTICE_SECONDS = 5.0
"""How long a call may take before `on_wait` is called."""

Reply = TypeVar("Reply", bound=BaseModel)


class Clients:
    """One client per service; `urls` are internal ones, `keys` the operator's, both by service."""

    def __init__(
        self, session: aiohttp.ClientSession, urls: Mapping[str, str], keys: Mapping[str, str]
    ) -> None:
        self.session = session
        self.urls = urls
        self.keys = keys
        self.on_wait: Callable[[str], None] = lambda _text: None
        """Gets a line for a person when an answer takes long."""
        signer = Signer("operator", {name: Key.parse(key) for name, key in keys.items()})
        self._clients = {
            name: InternalClient(
                session, base_url=url, audience=name, signer=signer, caller_kind=CallerKind.OPERATOR
            )
            for name, url in urls.items()
            if name in keys
        }

    async def call(
        self,
        service: str,
        method: str,
        path: str,
        reply: type[Reply],
        *,
        body: BaseModel | None = None,
        query: dict[str, str] | None = None,
        seconds: float = CALL_SECONDS,
        reads: bool = False,
    ) -> Reply:
        """Call one service; raises Answered for a 4xx, CallFailed, or OperatorError.

        `reads`: the call changes nothing, although its method is not GET.
        """
        self.require(service)
        client = self._clients[service]
        text = f"waiting for {service}, at most {seconds:.0f} s"
        notice = asyncio.get_running_loop().call_later(NOTICE_SECONDS, lambda: self.on_wait(text))
        try:
            return await client.call(method, path, reply, body=body, query=query, timeout=seconds)
        except Unavailable as error:
            raise CallFailed(str(error), reads=reads or method == "GET") from error
        finally:
            notice.cancel()

    def require(self, *services: str) -> None:
        """Raise OperatorError for a service with an unknown address or key."""
        for service in services:
            if unset := self.unset(service):
                raise OperatorError(unset)

    def unset(self, service: str) -> str | None:
        """Return which setting a call of the service lacks, as a sentence."""
        if service not in self.urls:
            return (
                f"The address of {service} is not known: set "
                f"LINKTIME_{service.upper()}_INTERNAL_URL."
            )
        if service not in self._clients:
            return f"The key of {service} is missing: add it to LINKTIME_OPERATOR_KEYS."
        return None


def refusal(answered: Answered) -> OperatorError:
    """Return a service's refusal as an OperatorError, with all fields of its answer."""
    try:
        more = dict(orjson.loads(answered.body))
    except (ValueError, TypeError):
        more = {}
    more.pop("error", None)
    code, details = more.pop("code", None), more.pop("details", {})
    named = {str(name): str(why) for name, why in details.items()}
    return OperatorError(answered.error, named, code=code, more=more)
