"""Error responses in the form that the client of a route expects."""

from collections.abc import Mapping

from aiohttp import web

from linktime_gateway.api.account_pages.pages import as_error_page, is_page
from linktime_gateway.api.scim_errors import as_scim_error, expects_scim
from linktime_gateway.domain.route_table import Forward
from linktime_gateway.pages.error_pages import as_page, wants_page


async def in_expected_form(
    response: web.Response,
    route: Forward | None,
    target: str,
    request: web.BaseRequest,
    *,
    limits: Mapping[str, str],
) -> web.Response:
    """Return the error in SCIM's format, as a page, or unchanged.

    `limits` are headers that it gets later; a page names their seconds.
    """
    if expects_scim(route, target):
        return as_scim_error(response)
    if is_page(route, target):
        return as_error_page(response, request.headers)
    return await as_page(response, request, limits) if wants_page(request) else response
