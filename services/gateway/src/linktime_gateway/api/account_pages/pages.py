"""The pages: a GET shows a form, its POST uses the link.

Programs that check mails fetch the links in them, so a GET never uses one. The secret in the path
is the credential: no cookie is read, so a form on another site can do nothing without the link.
"""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qs

from aiohttp import hdrs, web

from linktime_common.contracts.events.gateway import AccountMailKind
from linktime_common.http.media_types import media_type_of
from linktime_gateway.api.account_pages.rendering import (
    DONE,
    ENDED,
    FORM,
    Page,
    respond,
)
from linktime_gateway.api.own import CALL
from linktime_gateway.domain.account_mails import FOR_PASSWORD
from linktime_gateway.domain.errors import AccountLinkEnded, PasswordRefused
from linktime_gateway.domain.route_table import PAGES, Forward
from linktime_gateway.use_cases.use_account_link import (
    FOR_VERIFYING,
    SetPassword,
    check_link,
    set_password,
    verify_address,
)

VERIFY = Page(title="verify.title", text="verify.intro", form="verify")
VERIFIED = Page(title="verify.done_title", text="verify.done")
PASSWORD = Page(title="password.title", text="password.intro", form="password")
PASSWORD_SAVED = Page(title="password.done_title", text="password.done")
NOT_VALID = Page(title="ended.title", text="ended.text")
FAILED = Page(title="error.title", text="error.text")

FORM_TYPE = "application/x-www-form-urlencoded"
MOST_FIELDS = 10
BAD_REQUEST, NOT_FOUND = 400, 404


async def get_verify(request: web.Request) -> web.Response:
    return await _form(request, VERIFY, FOR_VERIFYING)


async def post_verify(request: web.Request) -> web.Response:
    call = request[CALL]
    try:
        await verify_address(call.parameters["secret"], call.deps)
    except AccountLinkEnded:
        return respond(NOT_VALID, request.headers, status=ENDED)
    return respond(VERIFIED, request.headers, status=DONE)


async def get_password(request: web.Request) -> web.Response:
    return await _form(request, PASSWORD, FOR_PASSWORD)


async def post_password(request: web.Request) -> web.Response:
    call = request[CALL]
    password = await _field(request, "password")
    command = SetPassword(call.parameters["secret"], password, call.address)
    try:
        await set_password(command, call.deps)
    except AccountLinkEnded:
        return respond(NOT_VALID, request.headers, status=ENDED)
    except PasswordRefused as error:
        again = replace(PASSWORD, problem=error.problem)
        return respond(again, request.headers, status=BAD_REQUEST)
    return respond(PASSWORD_SAVED, request.headers, status=DONE)


def is_page(route: Forward | None, target: str) -> bool:
    """Return whether people see the response, by the route or else by the requested path."""
    return (target if route is None else route.path).startswith(PAGES)


def as_error_page(response: web.Response, headers: Mapping[str, str]) -> web.Response:
    """Return a page for an error; pages are returned unchanged."""
    if media_type_of(response.headers.get(hdrs.CONTENT_TYPE, "")) == "text/html":
        return response
    # A mail program that cuts a link, or adds a slash to it, leads to an unknown path.
    shown = NOT_VALID if response.status == NOT_FOUND else FAILED
    page = respond(shown, headers, status=response.status)
    for name in (hdrs.ALLOW, hdrs.RETRY_AFTER, hdrs.ACCEPT_ENCODING):
        if name in response.headers:
            page.headers[name] = response.headers[name]
    if response.keep_alive is False:
        page.force_close()
    return page


async def _form(
    request: web.Request, page: Page, kinds: frozenset[AccountMailKind]
) -> web.Response:
    call = request[CALL]
    try:
        await check_link(call.parameters["secret"], kinds, call.deps)
    except AccountLinkEnded:
        return respond(NOT_VALID, request.headers, status=ENDED)
    return respond(page, request.headers, status=FORM)


async def _field(request: web.Request, name: str) -> str:
    """Return a field of the form, or an empty text."""
    if media_type_of(request.headers.get(hdrs.CONTENT_TYPE, "")) != FORM_TYPE:
        return ""
    try:
        fields = parse_qs(
            (await request.read()).decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS
        )
    except ValueError:  # not UTF-8, or too many fields
        return ""
    return fields.get(name, [""])[0]
