"""Accounts for the tests of commands, created without a command to save time."""

from typing import Any
from uuid import uuid4

from linktime_common.contracts.internal_api.gateway import MadeAccount, MadeApiKey
from linktime_common.http.client import open_session
from linktime_operator.clients import Clients
from linktime_operator.operations import credentials, users
from linktime_operator.operations.users import SignUpRequest


def some_email() -> str:
    """Return an unused e-mail."""
    return f"ann-{uuid4().hex[:8]}@example.com"


async def new_user(running: dict[str, Any]) -> MadeAccount:
    """Create an account on the stack that stack.json describes."""
    async with open_session() as session:
        account = SignUpRequest(email=some_email(), name="Ann Host")
        return await users.create(_clients(session, running), account)


async def new_key(running: dict[str, Any], user: MadeAccount) -> MadeApiKey:
    """Create a key of the account."""
    async with open_session() as session:
        return await credentials.make_api_key(_clients(session, running), user.email)


def _clients(session: Any, running: dict[str, Any]) -> Clients:
    urls = {name: one["internalUrl"] for name, one in running["services"].items()}
    return Clients(session, urls, running["operator"]["keys"])
