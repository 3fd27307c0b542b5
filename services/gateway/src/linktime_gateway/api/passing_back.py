"""What a caller is given of a service's answer."""

from typing import Final

import orjson
from aiohttp import hdrs, web

from linktime_common import logs
from linktime_common.http.errors import error_reply, unavailable_reply
from linktime_gateway.clients.connections import Answer

BAD_REQUEST, SERVER_ERROR = 400, 500

# Nothing else of a service's headers reaches the caller.
PASSED_BACK: Final = {
    name.lower(): name
    for name in (
        hdrs.ALLOW,
        hdrs.CACHE_CONTROL,
        hdrs.CONTENT_DISPOSITION,
        hdrs.CONTENT_ENCODING,
        hdrs.CONTENT_LANGUAGE,
        hdrs.CONTENT_TYPE,
        hdrs.ETAG,
        hdrs.LAST_MODIFIED,
        hdrs.LOCATION,
        hdrs.RETRY_AFTER,
        hdrs.VARY,
    )
}


def pass_back(answer: Answer) -> web.Response:
    """The answer with those headers; an error in no shape of ours is replaced."""
    status, incoming, body = answer
    if status >= BAD_REQUEST and not _is_ours(answer):
        logs.logger().error("a service's error is not in our shape", status=status)
        return _replace_error(status)
    headers = {PASSED_BACK[name]: incoming[name] for name in PASSED_BACK.keys() & incoming.keys()}
    return web.Response(status=status, headers=headers, body=body)


def _replace_error(status: int) -> web.Response:
    if status == SERVER_ERROR:
        return error_reply(status, "Something went wrong on our side")
    return unavailable_reply() if status > SERVER_ERROR else error_reply(status, "Request refused")


def _is_ours(answer: Answer) -> bool:
    # What stands between the services and us, or a crash in one, may answer HTML or a stack trace.
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    if not media_type.endswith("json"):
        return False
    try:
        return isinstance(orjson.loads(answer.body), dict)
    except orjson.JSONDecodeError:
        return False
