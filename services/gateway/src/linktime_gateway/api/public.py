"""The public port: route, authenticate, limit and forward requests to the services.

Implemented on aiohttp's low-level server instead of an Application, whose routing and middlewares
would take a third of the processor time of each request.

Responses below 400 are logged at debug level only, as services log their own; metrics count all.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import cast
from uuid import UUID

from aiohttp import HttpVersion11, hdrs, web
from prometheus_client import Histogram

from linktime_common import logs
from linktime_common.http import writes
from linktime_common.http.bodies import MOST_BYTES
from linktime_common.http.errors import SENTENCES, reply_to
from linktime_common.http.ignored_parameters import name_ignored
from linktime_common.http.server import REQUEST_ID, request_id
from linktime_common.identity import HEADER, CallerKind, Signer
from linktime_common.tracing import TraceStep
from linktime_gateway.api import documents
from linktime_gateway.api.error_forms import in_expected_form
from linktime_gateway.api.errors import STATUSES
from linktime_gateway.api.forwarded_response import ForwardedResponse, forward_response
from linktime_gateway.api.headers import READABLE_ANYWHERE, forwarded_headers, preflight_reply
from linktime_gateway.api.own import CALL, OwnRequest, parameters
from linktime_gateway.api.routes import HOST_PAGE_FORWARDS, OWN, OWN_FORWARDS, OWN_NAME, PAGES
from linktime_gateway.api.session_cookies import SessionCookies, SignedInAs
from linktime_gateway.clients.forwards import SCIM_ROOT, load_forwards
from linktime_gateway.clients.upstream import Upstream
from linktime_gateway.deps import Deps
from linktime_gateway.domain.client_address import ClientAddresses
from linktime_gateway.domain.errors import TooManyAttempts
from linktime_gateway.domain.limits import Limit, Visitor
from linktime_gateway.domain.page_table import PageTable
from linktime_gateway.domain.paths import normalise, origin_form, without_extra_slashes
from linktime_gateway.domain.route_table import Forward, RouteTable
from linktime_gateway.pages import built
from linktime_gateway.use_cases.admit import admit_key, admit_scim_token, spend

BODY_SECONDS = 10.0
# The unread rest of the body may follow on the connection, which is closed.
BODY_NOT_READ = (
    web.HTTPRequestEntityTooLarge,
    web.HTTPRequestHeaderFieldsTooLarge,
    web.HTTPRequestTimeout,
    web.RequestPayloadError,
)
IDENTITY = "identity"  # the Content-Encoding of an unencoded body
BAD_REQUEST, UNAUTHORIZED = 400, 401

_DURATION = Histogram(
    "linktime_gateway_request_seconds", "Time to answer the public", ["method", "route", "status"]
)


class PublicRequestHandler:
    """Handler of the public port."""

    def __init__(
        self,
        upstream: Upstream,
        signer: Signer,
        session_cookies: SessionCookies,
        deps: Deps,
        *,
        clients: ClientAddresses,
        fixed_headers: Mapping[str, str],
    ) -> None:
        self._routes = RouteTable([*load_forwards(), *OWN_FORWARDS])
        self._pages = PageTable(HOST_PAGE_FORWARDS if built.load() else [])
        self._own = {(route.method, route.path): route for route in (*OWN, *PAGES)}
        self._session_cookies = session_cookies
        self._upstream = upstream
        self._signer = signer
        self._deps = deps
        self._clients = clients
        self._fixed_headers = fixed_headers
        self._documents = documents.load()
        self._seconds = asyncio.get_running_loop().time
        # Cached, because binding a logger and looking up metric labels is slow.
        self._log = logs.logger().bind()
        self._durations: dict[tuple[str, str, int], Histogram] = {}
        self._logs_all = self._log.is_enabled_for(logging.DEBUG)

    async def answer(
        self, request: web.BaseRequest, step: TraceStep
    ) -> web.StreamResponse | ForwardedResponse:
        """Return the response to a request, also for errors; `step` is its step of the trace."""
        began = time.perf_counter()
        identifier = request_id(request.headers.get(REQUEST_ID))
        forwarded_for = request.headers.getall(hdrs.X_FORWARDED_FOR, ())
        visitor = Visitor(self._clients.find(request.remote, forwarded_for))
        route: Forward | None = None
        response: web.Response | ForwardedResponse
        target = request.raw_path
        try:
            target = without_extra_slashes(origin_form(target), SCIM_ROOT)
            document = self._documents.get(target.partition("?")[0])
            if document is not None:
                response = document.answer(request)
            else:
                methods = self._methods_at(target)
                route = _choose(methods, request.method)
                if request.method == hdrs.METH_OPTIONS:
                    response = preflight_reply(methods)
                else:
                    response = await self._forward(
                        request, route, target, visitor=visitor, identifier=identifier
                    )
        except Exception as error:
            response = _refuse(error)
        if response.status >= BAD_REQUEST and not isinstance(response, ForwardedResponse):
            response = await in_expected_form(
                response, route, target, request, limits=_limits(visitor)
            )
        self._finish(request, response, route, visitor)
        response.headers[REQUEST_ID] = identifier
        if response.status == UNAUTHORIZED:
            response.headers[hdrs.WWW_AUTHENTICATE] = "Bearer"
        self._record(
            step, request.method, route, response.status, identifier=identifier, began=began
        )
        return response

    def _methods_at(self, target: str) -> Mapping[str, Forward]:
        path = normalise(target.partition("?")[0])
        methods = self._routes.methods_at(path) or self._pages.methods_at(path)
        if methods is None:
            raise web.HTTPNotFound
        return methods

    def _finish(
        self,
        request: web.BaseRequest,
        response: web.Response | ForwardedResponse,
        route: Forward | None,
        visitor: Visitor,
    ) -> None:
        for name, value in self._fixed_headers.items():
            response.headers.setdefault(name, value)
        if route is not None and route.serves_other_sites:
            response.headers.update(READABLE_ANYWHERE)
        if route is not None and route.service == OWN_NAME:
            own = self._own[route.method, route.path]
            name_ignored(request, response.headers, own.operation)
        response.headers.update(_limits(visitor))

    async def _forward(
        self,
        request: web.BaseRequest,
        route: Forward,
        target: str,
        *,
        visitor: Visitor,
        identifier: str,
    ) -> web.Response | ForwardedResponse:
        began = self._seconds()
        incoming = request.headers
        session = await self._enter(request, visitor) if _needs_session(route) else None
        if route.service == OWN_NAME:
            return await self._answer_own(
                request, route, target, session=session, visitor=visitor, identifier=identifier
            )
        identity = await self._identify(incoming, route, session, visitor)
        left = began + route.seconds - self._seconds()
        headers = forwarded_headers(incoming)
        body = await _read_body(request) if request.body_exists else None
        headers[HEADER] = identity
        headers[REQUEST_ID] = identifier
        answer = await self._upstream.send(
            route.service,
            route.method,
            target,
            headers=headers,
            body=body,
            deadline=self._seconds() + left,
        )
        return forward_response(answer)

    async def _enter(self, request: web.BaseRequest, visitor: Visitor) -> SignedInAs:
        session = await self._session_cookies.check(request)
        await spend(Limit.SESSION, str(session.grant.session_id), visitor, self._deps)
        return session

    async def _answer_own(
        self,
        request: web.BaseRequest,
        route: Forward,
        target: str,
        *,
        session: SignedInAs | None,
        visitor: Visitor,
        identifier: str,
    ) -> web.Response:
        if session is None and route.limit is not None:
            await spend(route.limit, visitor.address, visitor, self._deps)
        if request.body_exists:
            await _read_body(request)
        request[CALL] = OwnRequest(
            self._deps,
            self._session_cookies,
            session,
            parameters(route.path, normalise(target.partition("?")[0])),
            visitor.address,
            identifier,
        )
        request[writes.STATUSES] = STATUSES
        own = self._own[route.method, route.path]
        async with asyncio.timeout(route.seconds):
            response = cast("web.Response", await own.handler(cast("web.Request", request)))
        response.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")
        return response

    async def _identify(
        self,
        headers: Mapping[str, str],
        route: Forward,
        session: SignedInAs | None,
        visitor: Visitor,
    ) -> str:
        subject: UUID | None = None
        organization: UUID | None = None
        plan: str | None = None
        timezone: str | None = None
        authorization = headers.get(hdrs.AUTHORIZATION)
        if route.caller_kind is CallerKind.API_KEY:
            key = await admit_key(authorization, visitor, self._deps)
            subject, plan, timezone = key.user_id, key.plan, key.timezone
        elif route.caller_kind is CallerKind.SCIM_TOKEN:
            token = await admit_scim_token(authorization, visitor, self._deps)
            organization = token.organization_id
        elif session is not None:
            grant = session.grant
            subject, plan, timezone = grant.user_id, grant.plan, grant.timezone
        elif route.limit is not None:
            await spend(route.limit, visitor.address, visitor, self._deps)
        return self._signer.sign(
            route.service,
            route.caller_kind,
            subject=subject,
            organization=organization,
            plan=plan,
            timezone=timezone,
        )

    def _record(
        self,
        step: TraceStep,
        method: str,
        route: Forward | None,
        status: int,
        *,
        identifier: str,
        began: float,
    ) -> None:
        seconds = time.perf_counter() - began
        path = route.path if route else "(none)"
        # Without a route the method is arbitrary text.
        names = (method if route else "(any)", path, status)
        duration = self._durations.get(names)
        if duration is None:
            duration = self._durations[names] = _DURATION.labels(*names)
        duration.observe(seconds)
        step.serve(*names)
        if status < BAD_REQUEST and not self._logs_all:
            return
        log = self._log.debug if status < BAD_REQUEST else self._log.info
        log(
            "request",
            request_id=identifier,
            method=names[0],
            route=path,
            status=status,
            milliseconds=round(seconds * 1000, 2),
        )


def _choose(methods: Mapping[str, Forward], method: str) -> Forward:
    if method == hdrs.METH_OPTIONS:
        # A CORS preflight request.
        route = next((one for one in methods.values() if one.serves_other_sites), None)
    else:
        route = methods.get(method)
    if route is None:
        raise web.HTTPMethodNotAllowed(method, methods)
    return route


def _limits(visitor: Visitor) -> Mapping[str, str]:
    return {} if visitor.allowance is None else visitor.allowance.headers()


def _refuse(error: Exception) -> web.Response:
    response = reply_to(error, STATUSES)
    if isinstance(error, TooManyAttempts):
        response.headers[hdrs.RETRY_AFTER] = str(error.retry_after)
    if isinstance(error, BODY_NOT_READ):
        response.force_close()
    return response


def _needs_session(route: Forward) -> bool:
    return route.caller_kind is CallerKind.SESSION


async def _read_body(request: web.BaseRequest) -> bytes:
    """Read the whole body, so that a slow client does not occupy a service.

    Raises HTTPUnsupportedMediaType, HTTPRequestEntityTooLarge, HTTPRequestTimeout and
    RequestPayloadError.
    """
    codings = ",".join(request.headers.getall(hdrs.CONTENT_ENCODING, (IDENTITY,)))
    if any(coding.strip().lower() != IDENTITY for coding in codings.split(",")):
        raise web.HTTPUnsupportedMediaType(
            reason="Send the body without Content-Encoding",
            headers={hdrs.ACCEPT_ENCODING: IDENTITY},
        )
    declared = request.content_length or 0
    if declared > MOST_BYTES:
        raise web.HTTPRequestEntityTooLarge(MOST_BYTES, declared)
    if request.version >= HttpVersion11 and hdrs.EXPECT in request.headers:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the response has not started
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await request.read()
    except TimeoutError as error:
        raise web.HTTPRequestTimeout(reason=SENTENCES[408]) from error
