"""Whatever goes wrong under SCIM's path, as a SCIM error. RFC 7644 3.12"""

from http import HTTPStatus

import asyncpg
from aiohttp import web
from scim2_models import Error
from scim2_server.responses import ScimResponse

from linktime_common.errors import Refusal, Unavailable
from linktime_common.http.errors import RETRY_AFTER_SECONDS
from linktime_common.identity import IdentityRefused
from linktime_common.logs import logger
from linktime_common.postgres import CONNECTION_LOST
from linktime_scim.api.errors import STATUSES

AWAY = (Unavailable, IdentityRefused, asyncpg.DeadlockDetectedError, *CONNECTION_LOST)
"""What is over in a moment: providers are told to come again."""


def error_reply(error: Exception) -> ScimResponse:
    """The answer to what a SCIM request raised, but for the library's own exceptions."""
    match error:
        case Refusal():
            return _reply(STATUSES[type(error)], error.sentence)
        case web.HTTPException():
            return _reply(error.status, error.reason)
    if isinstance(error, AWAY):
        logger().warning("unavailable", reason=error)
        reply = _reply(503, "The service is temporarily unavailable, please try again")
        reply.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return reply
    logger().error("unexpected error", exc_info=error)
    return _reply(500, "Something went wrong on our side")


def _reply(status: int, detail: str) -> ScimResponse:
    scim_type = "uniqueness" if status == HTTPStatus.CONFLICT else None
    error = Error(status=status, scim_type=scim_type, detail=detail)
    return ScimResponse(HTTPStatus(status), error.model_dump())
