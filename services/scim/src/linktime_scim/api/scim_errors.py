"""SCIM errors for every exception under SCIM's path. RFC 7644 3.12"""

from http import HTTPStatus

from aiohttp import web
from scim2_models import Error
from scim2_server.responses import ScimResponse

from linktime_common.errors import Refusal
from linktime_common.http.errors import REFUSED_VALUE, SENTENCES, retry_after
from linktime_common.identity import IdentityRefused
from linktime_common.logs import logger
from linktime_common.sqlstates import Fault, fault_of, is_outage
from linktime_scim.api.errors import STATUSES


def error_reply(error: Exception) -> ScimResponse:
    """Return the reply for an exception of a SCIM request that is not the library's."""
    match error:
        case Refusal():
            return _reply(STATUSES[type(error)], error.sentence)
        case web.HTTPException():
            return _reply(error.status, error.reason)
    # A temporary failure: providers repeat the request.
    if isinstance(error, IdentityRefused) or is_outage(error):
        logger().warning("unavailable", reason=error)
        reply = _reply(503, SENTENCES[503])
        reply.headers["Retry-After"] = retry_after()
        return reply
    if fault_of(error) is Fault.CALLER:
        logger().warning("database refused a value", reason=type(error).__name__)
        return _reply(400, REFUSED_VALUE)
    logger().error("unexpected error", exc_info=error)
    return _reply(500, SENTENCES[500])


def _reply(status: int, detail: str) -> ScimResponse:
    scim_type = "uniqueness" if status == HTTPStatus.CONFLICT else None
    error = Error(status=status, scim_type=scim_type, detail=detail)
    return ScimResponse(HTTPStatus(status), error.model_dump())
