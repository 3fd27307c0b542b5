"""The routes that the gateway handles without a service, public and internal.

Forwarded routes are in `documents/forwards.json`; see `clients/forwards.py`.
"""

from collections.abc import Iterable

from linktime_common.http.routes import Route, delete, get, post, session
from linktime_common.identity import CallerKind
from linktime_gateway.api import (
    account_links,
    accounts,
    api_keys,
    host_pages,
    passwords,
    scim_tokens,
    sessions,
)
from linktime_gateway.api.account_pages import pages
from linktime_gateway.api.own import OWN_SECONDS
from linktime_gateway.domain.route_table import Forward

# Handlers read their context from `request[CALL]`.
OWN: list[Route] = [
    post("/dashboard/api/session", sessions.post_session, CallerKind.PUBLIC),
    session("GET", "/session", sessions.get_session),
    session("DELETE", "/session", sessions.delete_session),
    session("DELETE", "/sessions", sessions.delete_sessions),
    session("PUT", "/password", passwords.put_password),
    post("/dashboard/api/password/reset", account_links.post_reset, CallerKind.PUBLIC),
    session("POST", "/account/verification", account_links.post_verification),
    post("/dashboard/api/account/verify", account_links.post_verify, CallerKind.PUBLIC),
    post("/dashboard/api/account/password", account_links.post_password, CallerKind.PUBLIC),
    session("GET", "/api-keys", api_keys.list_own),
    session("POST", "/api-keys", api_keys.post_own),
    session("DELETE", "/api-keys/{id}", api_keys.delete_own),
    session("GET", "/organizations/{id}/scim-tokens", scim_tokens.list_scim_tokens),
    session("POST", "/organizations/{id}/scim-tokens", scim_tokens.post_scim_token),
    session("DELETE", "/organizations/{id}/scim-tokens/{token_id}", scim_tokens.delete_scim_token),
]

# Pages that people open; they are not part of the API.
ACCOUNT_PAGES: list[Route] = [
    get("/account/verify/{secret}", pages.get_verify, CallerKind.PUBLIC),
    post("/account/verify/{secret}", pages.post_verify, CallerKind.PUBLIC),
    get("/account/password/{secret}", pages.get_password, CallerKind.PUBLIC),
    post("/account/password/{secret}", pages.post_password, CallerKind.PUBLIC),
]

HOST_PAGES: list[Route] = [
    get("/embed/demo", host_pages.get_demo, CallerKind.PUBLIC),
    get("/manage/{token}", host_pages.get_booking, CallerKind.PUBLIC),
    get("/{username}", host_pages.get_host, CallerKind.PUBLIC),
    get("/{username}/{slug}", host_pages.get_event_type, CallerKind.PUBLIC),
    get("/manage/{token}/", host_pages.get_with_slash, CallerKind.PUBLIC),
    get("/{username}/", host_pages.get_with_slash, CallerKind.PUBLIC),
    get("/{username}/{slug}/", host_pages.get_with_slash, CallerKind.PUBLIC),
]
PAGES = [*ACCOUNT_PAGES, *HOST_PAGES]

# In the route table, the gateway is a service without an address.
OWN_NAME = "gateway"


def _forwards(routes: Iterable[Route]) -> list[Forward]:
    return [
        Forward(route.method, route.path, OWN_NAME, caller_kind, OWN_SECONDS)
        for route in routes
        for caller_kind in route.caller_kinds
    ]


OWN_FORWARDS = _forwards([*OWN, *ACCOUNT_PAGES])
HOST_PAGE_FORWARDS = _forwards(HOST_PAGES)

_KEYS = "/internal/users/{user_id}/api-keys"
_TOKENS = "/internal/organizations/{organization_id}/scim-tokens"

INTERNAL: list[Route] = [
    post("/internal/users", accounts.post_user, CallerKind.OPERATOR),
    post(_KEYS, api_keys.post_for_user, CallerKind.OPERATOR),
    get(_KEYS, api_keys.list_for_user, CallerKind.OPERATOR),
    delete(f"{_KEYS}/{{key_id}}", api_keys.delete_for_user, CallerKind.OPERATOR),
    post(_TOKENS, scim_tokens.post_for_organization, CallerKind.OPERATOR),
    post(
        "/internal/account-links",
        account_links.post_link,
        CallerKind.SERVICE,
        issuers=["bookings"],
    ),
    post("/internal/resync", accounts.post_resync, CallerKind.OPERATOR),
]
