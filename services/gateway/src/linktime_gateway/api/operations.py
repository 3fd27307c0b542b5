"""What the gateway's own public routes say of themselves."""

from linktime_common.contracts.internal_api.gateway import ApiKey, ScimToken
from linktime_common.http.models import Done, Paging
from linktime_common.http.operations import Operation
from linktime_gateway.api.schemas import (
    MadeApiKeyReply,
    MadeScimTokenReply,
    NewApiKeyRequest,
    NewPasswordRequest,
    NewScimTokenRequest,
    SignedIn,
    SignInRequest,
)

SESSION, KEYS, SCIM = "Session", "API keys", "SCIM tokens"
FOREIGN = {403: "The request does not come from the dashboard's own pages"}
NO_ORGANIZATION = {
    403: "Your role in the organization is not enough",
    404: "There is no such organization, or you are no member of it",
}

SIGNED_IN = {
    "user": {
        "id": "0195f0c4-7b1e-7c3a-9d52-0a4c8e6f1b20",
        "email": "ada@example.com",
        "name": "Ada Host",
        "username": "ada",
        "plan": "PRO",
        "effectivePlan": "BUSINESS",
    },
    "csrfToken": "5vJ0m1xq8Yt3n2b7c6d9e4f1a0s8k3l2",
}
KEY = {
    "id": "0195f0c4-7b1e-7c3a-9d52-0a4c8e6f1b21",
    "name": "Website",
    "prefix": "lt_live_a1B2",
    "last4": "x9Z0",
}
KEPT_KEY = KEY | {
    "createdAt": "2026-03-01T14:00:00.000Z",
    "expiresAt": None,
    "lastUsedAt": "2026-03-02T08:30:00.000Z",
    "revokedAt": None,
}
TOKEN = {
    "id": "0195f0c4-7b1e-7c3a-9d52-0a4c8e6f1b22",
    "name": "Entra ID",
    "prefix": "lt_scim_c3D4",
    "last4": "y8W1",
}
KEPT_TOKEN = TOKEN | {
    "createdAt": "2026-03-01T14:00:00.000Z",
    "lastUsedAt": None,
    "revokedAt": None,
}
DONE = {"success": True}
PAGINATION = {"page": 1, "limit": 20, "total": 1, "totalPages": 1}

SIGN_IN = Operation(
    summary="Sign in",
    description="Sets the session's cookie. An unknown e-mail, a wrong password and an inactive "
    "account are answered alike. Behind 10 attempts at an account and 20 in all, a client address "
    "waits longer and longer for the next, up to a minute: 429 with `Retry-After`.",
    tag=SESSION,
    body=SignInRequest,
    body_example={"email": "ada@example.com", "password": "correct horse battery"},
    reply=SignedIn,
    reply_example=SIGNED_IN,
    errors={401: "The e-mail or the password is wrong", **FOREIGN},
)
GET_SESSION = Operation(
    summary="Who is signed in", tag=SESSION, reply=SignedIn, reply_example=SIGNED_IN
)
SIGN_OUT = Operation(summary="Sign out", tag=SESSION, reply=Done, reply_example=DONE)
SIGN_OUT_EVERYWHERE = Operation(
    summary="Sign out everywhere",
    description="Ends every session of the user, this one included.",
    tag=SESSION,
    reply=Done,
    reply_example=DONE,
)
CHANGE_PASSWORD = Operation(
    summary="Change the password",
    description="Ends every other session of the user.",
    tag=SESSION,
    body=NewPasswordRequest,
    body_example={"current": "correct horse battery", "new": "staple of another kind"},
    reply=Done,
    reply_example=DONE,
    errors={409: "The account has no password, or it has just been changed"},
    idempotent=True,
)
LIST_KEYS = Operation(
    summary="List API keys",
    description="Newest first, revoked ones too.",
    tag=KEYS,
    query=Paging,
    page_of=ApiKey,
    reply_example={"data": [KEPT_KEY], "pagination": PAGINATION},
)
MAKE_KEY = Operation(
    summary="Make an API key",
    description="The key is shown this once; a repeat with the Idempotency-Key has null there.",
    tag=KEYS,
    body=NewApiKeyRequest,
    body_example={"name": "Website", "expiresAt": None},
    reply=MadeApiKeyReply,
    reply_example=KEY | {"key": "lt_live_a1B2…x9Z0"},
    status=201,
    errors={
        403: "The plan has no API keys, or the request does not come from the dashboard",
        409: "There are as many live keys as allowed, 50 unless set otherwise",
    },
    idempotent=True,
)
REVOKE_KEY = Operation(
    summary="Revoke an API key",
    tag=KEYS,
    reply=Done,
    reply_example=DONE,
    errors={404: "There is no such key, or it is not yours"},
    idempotent=True,
)
LIST_TOKENS = Operation(
    summary="List SCIM tokens",
    description="Newest first, revoked ones too.",
    tag=SCIM,
    query=Paging,
    page_of=ScimToken,
    reply_example={"data": [KEPT_TOKEN], "pagination": PAGINATION},
    errors=NO_ORGANIZATION,
)
MAKE_TOKEN = Operation(
    summary="Make a SCIM token",
    description="By owner and admins of an organization on the Business plan. The token is shown "
    "this once; a repeat with the same Idempotency-Key has null there.",
    tag=SCIM,
    body=NewScimTokenRequest,
    body_example={"name": "Entra ID"},
    reply=MadeScimTokenReply,
    reply_example=TOKEN | {"token": "lt_scim_c3D4…y8W1"},
    status=201,
    errors={
        **NO_ORGANIZATION,
        403: "The plan has no SCIM, your role is not enough, or the request is not the dashboard's",
        409: "There are as many live tokens as allowed, 20 unless set otherwise",
    },
    idempotent=True,
)
REVOKE_TOKEN = Operation(
    summary="Revoke a SCIM token",
    tag=SCIM,
    reply=Done,
    reply_example=DONE,
    errors={
        403: "Your role is not enough, or the request does not come from the dashboard",
        404: "There is no such organization or token, or it is not yours",
    },
    idempotent=True,
)
