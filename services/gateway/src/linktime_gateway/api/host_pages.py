"""The pages of hosts, event types and bookings."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from aiohttp import hdrs, web

from linktime_gateway.api.forwarded_response import forward_response
from linktime_gateway.api.own import CALL, OwnRequest
from linktime_gateway.clients.page_contents import PageContent, ReadRefused
from linktime_gateway.pages.brand import brand_style, logo_path, style_hash
from linktime_gateway.pages.policy import embedding_sites, is_framed, page_policy
from linktime_gateway.pages.shells import Shell, compose, language_of, respond, shown_summary

MOVED = 302


async def get_host(request: web.Request) -> web.Response:
    call = request[CALL]
    username = call.parameters["username"]
    try:
        content = await call.deps.page_contents.host(username, call.request_id)
    except ReadRefused as refused:
        return _refused(refused)
    if username != content.data["username"]:
        return _moved(request, content.data["username"])
    return await _kept(request, "host", content)


async def get_event_type(request: web.Request) -> web.Response:
    call = request[CALL]
    username, slug = call.parameters["username"], call.parameters["slug"]
    try:
        content = await call.deps.page_contents.event_type(username, slug, call.request_id)
    except ReadRefused as refused:
        return _refused(refused)
    present = content.data["host"]["username"], content.data["slug"]
    if (username, slug) != present:
        return _moved(request, *present)
    return await _kept(request, "booking", content)


async def get_booking(request: web.Request) -> web.Response:
    call = request[CALL]
    try:
        content = await call.deps.page_contents.booking(call.parameters["token"], call.request_id)
    except ReadRefused as refused:
        return _refused(refused)
    sites = await _sites_of_host(call, content) if is_framed(request) else None
    shell = await compose(
        "manage",
        language_of(request),
        facts={"booking": content.data},
        data={**_common(call, content), "booking": content.data},
        confidential=True,
        shown_on=sites,
    )
    return respond(shell, request, policy=page_policy(sites))


async def get_with_slash(request: web.Request) -> web.Response:
    """Lead to the page at the address without the slash at its end."""
    return _moved(request, *request.path.strip("/").split("/"))


async def get_demo(request: web.Request) -> web.Response:
    shell = await compose("demo", language_of(request), facts={})
    return respond(shell, request, policy=page_policy(frames=True))


async def _kept(request: web.Request, name: str, content: PageContent) -> web.Response:
    """Return the page, composed once for each language while its content is fresh."""
    language, framed = language_of(request), is_framed(request)
    style, sites = brand_style(content.data["brand"]), embedding_sites(content.data)
    shell: Shell | None = content.rendered.get((language, framed))
    if shell is None:
        data = None
        if name == "booking":
            data = {
                **_common(request[CALL], content),
                "eventType": content.data,
                "months": content.months,
            }
        facts = {
            "page": content.data,
            "summary": shown_summary,
            "logo": logo_path(content.data["brand"]),
        }
        framing = sites if framed else None
        shell = await compose(name, language, facts=facts, data=data, brand=style, shown_on=framing)
        content.rendered[language, framed] = shell
    hashes = [style_hash(style)] if style else []
    return respond(shell, request, policy=page_policy(sites, hashes))


async def _sites_of_host(call: OwnRequest, booking: PageContent) -> Sequence[str] | None:
    """Return the sites that may show the booking's page, None if its host has no pages."""
    try:
        host = await call.deps.page_contents.host(booking.data["host"]["username"], call.request_id)
    except ReadRefused:
        return None
    return embedding_sites(host.data)


def _common(call: OwnRequest, content: PageContent) -> dict[str, Any]:
    """Return what the scripts need for a booking: the present and the domain of its UID."""
    return {
        "now": round(content.now.timestamp() * 1000),
        "uidDomain": call.deps.uid_domain,
    }


def _moved(request: web.Request, *names: str) -> web.Response:
    path = "".join(f"/{quote(name)}" for name in names)
    query = request.rel_url.raw_query_string
    return web.Response(
        status=MOVED,
        headers={
            hdrs.LOCATION: f"{path}?{query}" if query else path,
            hdrs.CACHE_CONTROL: "no-cache",
        },
    )


def _refused(refused: ReadRefused) -> web.Response:
    """Return the service's error; browsers get it as a page."""
    response = forward_response(refused.answer)
    return response if isinstance(response, web.Response) else response.response()
