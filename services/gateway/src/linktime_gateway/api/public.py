"""The public port: route, authenticate, limit and forward requests to the services.

Implemented on aiohttp's low-level server instead of an Application, whose routing and middlewares
would take a third of the processor time of each request.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import cast

from aiohttp import hdrs, web

from linktime_common.http import writes
from linktime_common.http.call_headers import CALLER_SECONDS, CLIENT
from linktime_common.http.errors import reply_to
from linktime_common.http.ignored_parameters import name_ignored
from linktime_common.identity import HEADER, CallerKind, Signer
from linktime_common.request_ids import REQUEST_ID, begin_request
from linktime_common.tracing import TraceStep
from linktime_gateway.api import documents
from linktime_gateway.api.callers import Caller, CallerClaims, caller_of, parties_of
from linktime_gateway.api.error_forms import in_expected_form
from linktime_gateway.api.errors import STATUSES
from linktime_gateway.api.forwarded_response import ForwardedResponse, forward_response
from linktime_gateway.api.headers import READABLE_ANYWHERE, forwarded_headers, preflight_reply
from linktime_gateway.api.own import CALL, OwnRequest, parameters
from linktime_gateway.api.proxy_warning import ProxyWarning
from linktime_gateway.api.public_health import HEALTHZ, PublicHealth
from linktime_gateway.api.request_bodies import BODY_NOT_READ, read_body
from linktime_gateway.api.request_log import BAD_REQUEST, RequestLog
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
from linktime_gateway.use_cases.refusal_log import RefusalLog

UNAUTHORIZED = 401


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
        health: PublicHealth,
        refusals: RefusalLog,
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
        self._documents: Mapping[str, documents.Answers] = {HEALTHZ: health, **documents.load()}
        self._health = health
        self._seconds = asyncio.get_running_loop().time
        self._proxy_warning = ProxyWarning(clients)
        self._request_log = RequestLog(refusals)

    async def answer(
        self, request: web.BaseRequest, step: TraceStep
    ) -> web.StreamResponse | ForwardedResponse:
        """Return the response to a request, also for errors; `step` is its step of the trace."""
        began = time.perf_counter()
        identifier = begin_request(request.headers.get(REQUEST_ID))
        visitor = Visitor(self._client_of(request))
        route: Forward | None = None
        document: documents.Answers | None = None
        refusal: Exception | None = None
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
                response = (
                    preflight_reply(methods)
                    if request.method == hdrs.METH_OPTIONS
                    else await self._forward(
                        request, route, target, visitor=visitor, identifier=identifier
                    )
                )
        except Exception as error:
            refusal = error
            response = _refuse(error)
        is_probe = document is self._health
        if isinstance(response, web.Response) and response.status >= BAD_REQUEST and not is_probe:
            response = await in_expected_form(
                response, route, target, request, limits=_limits(visitor)
            )
        self._finish(request, response, route, visitor, identifier)
        if not is_probe:
            self._request_log.record(
                step,
                request.method,
                route,
                response.status,
                began=began,
                visitor=visitor,
                error=refusal,
            )
        return response

    def note_malformed(
        self, request: web.BaseRequest, status: int, error: BaseException | None
    ) -> None:
        """Log or count a request that the server has refused."""
        # What could not be parsed has no headers.
        client = (
            self._client_of(request) if error is None else self._clients.find(request.remote, ())
        )
        self._request_log.record_malformed(client, status, error)

    def _client_of(self, request: web.BaseRequest) -> str:
        self._proxy_warning.look(request)
        forwarded_for = request.headers.getall(hdrs.X_FORWARDED_FOR, ())
        return self._clients.find(request.remote, forwarded_for)

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
        identifier: str,
    ) -> None:
        for name, value in self._fixed_headers.items():
            response.headers.setdefault(name, value)
        if route is not None and route.serves_other_sites:
            response.headers.update(READABLE_ANYWHERE)
        if route is not None and route.service == OWN_NAME:
            own = self._own[route.method, route.path]
            name_ignored(request, response.headers, own.operation)
        response.headers.update(_limits(visitor))
        response.headers[REQUEST_ID] = identifier
        if response.status == UNAUTHORIZED:
            response.headers[hdrs.WWW_AUTHENTICATE] = "Bearer"

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
        caller = await self._identify(incoming, route, session, visitor)
        left = began + route.seconds - self._seconds()
        headers = forwarded_headers(incoming)
        body = await read_body(request) if request.body_exists else None
        deadline = self._seconds() + left
        headers |= {HEADER: caller.identity, REQUEST_ID: identifier}
        if caller.is_anonymous:
            headers[CLIENT] = visitor.address
        parties = parties_of(caller, route, target, body, visitor.address)
        async with self._upstream.turn(
            route.service, route.method, parties, seconds=route.seconds, caller_seconds=left
        ):
            headers[CALLER_SECONDS] = f"{deadline - self._seconds():.3f}"
            answer = await self._upstream.send(
                route.service,
                route.method,
                target,
                headers=headers,
                body=body,
                deadline=deadline,
            )
        return forward_response(answer)

    async def _enter(self, request: web.BaseRequest, visitor: Visitor) -> SignedInAs:
        session = await self._session_cookies.check(request)
        visitor.grant = session.grant
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
            await read_body(request)
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
    ) -> Caller:
        who = CallerClaims()
        authorization = headers.get(hdrs.AUTHORIZATION)
        if route.caller_kind is CallerKind.API_KEY:
            key = await admit_key(authorization, visitor, self._deps)
            who = CallerClaims(key.user_id, plan=key.plan, timezone=key.timezone)
        elif route.caller_kind is CallerKind.SCIM_TOKEN:
            token = await admit_scim_token(authorization, visitor, self._deps)
            who = CallerClaims(organization=token.organization_id)
        elif session is not None:
            grant = session.grant
            who = CallerClaims(grant.user_id, plan=grant.plan, timezone=grant.timezone)
        elif route.limit is not None:
            await spend(route.limit, visitor.address, visitor, self._deps)
        return caller_of(who, route, self._signer)


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
