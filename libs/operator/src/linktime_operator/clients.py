"""Calls to the services' internal ports, in the operator's name."""

from collections.abc import Mapping
from typing import TypeVar

import aiohttp
import orjson
from pydantic import BaseModel

from linktime_common.errors import Unavailable
from linktime_common.http.client import Answered, InternalClient
from linktime_common.identity import Door, Key, Signer
from linktime_operator.errors import OperatorError, ServiceAway

CALL_SECONDS = 10.0
LONG_CALL_SECONDS = 60.0
"""For what works through many rows."""

Reply = TypeVar("Reply", bound=BaseModel)


class Clients:
    """One client a service; `urls` are internal ones, `keys` the operator's, both by service."""

    def __init__(
        self, session: aiohttp.ClientSession, urls: Mapping[str, str], keys: Mapping[str, str]
    ) -> None:
        self.session = session
        self.urls = urls
        signer = Signer("operator", {name: Key.parse(key) for name, key in keys.items()})
        self._clients = {
            name: InternalClient(
                session, base_url=url, audience=name, signer=signer, door=Door.OPERATOR
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
    ) -> Reply:
        """Ask one service; raises Answered for a no, ServiceAway, OperatorError when unknown."""
        client = self._clients.get(service)
        if client is None:
            name = service.upper()
            raise OperatorError(
                f"Where {service} is, is not known: set LINKTIME_{name}_INTERNAL_URL, "
                f"and its key in LINKTIME_OPERATOR_KEYS."
            )
        try:
            return await client.call(method, path, reply, body=body, query=query, timeout=seconds)
        except Unavailable as error:
            raise ServiceAway(
                f"{service} did not answer as it should ({error}). See `linktime doctor`."
            ) from error


def refusal(answered: Answered) -> OperatorError:
    """A service's no, as the operator reads it, with the fields it named."""
    try:
        details = orjson.loads(answered.body).get("details", {})
    except (orjson.JSONDecodeError, AttributeError):
        details = {}
    return OperatorError(answered.error, {str(name): str(why) for name, why in details.items()})
